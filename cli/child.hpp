#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace stravinsky::cli {

/// A command whose standard output we read. Its destructor ends it, and waits for that.
class Child {
 public:
  /// Starts it, found through PATH, with our standard input and error.
  /// @throws Error NotFound, Denied, Io
  static Child start(const std::vector<std::string>& words);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  int output() const { return output_; }  ///< the reading end of its standard output
  /// Waits for the end. @returns empty when it exited 0, else such as `it exited with status 2`
  std::string wait();

 private:
  int reap();

  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = 0;
  int output_ = -1;
};

}  // namespace stravinsky::cli
