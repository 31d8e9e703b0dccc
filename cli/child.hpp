#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace stravinsky::cli {

/// A command that runs beside us, and to which signals are passed on. Its destructor ends it, and
/// waits for that.
class Child {
 public:
  /// Starts it, found through PATH, with our standard input and error; its output is ours to read.
  /// @throws Error NotFound, Denied, Io
  static Child start(const std::vector<std::string>& words);
  /// The same with our standard output too, and more variables (`NAME=value`) than ours.
  static Child start_attached(const std::vector<std::string>& words,
                              const std::vector<std::string>& more_variables);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  int output() const { return output_; }  ///< the reading end of its standard output; or -1
  /// Waits for the end. @returns empty when it exited 0, else such as `it exited with status 2`
  std::string wait();
  /// The same as a shell has it: the exit status, or 128 + the number of the signal that ended it.
  int wait_status();

 private:
  int reap();

  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = 0;
  int output_ = -1;
};

}  // namespace stravinsky::cli
