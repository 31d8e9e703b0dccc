#pragma once

#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace stravinsky::cli {

/// The reader of our output has gone. No failure to report: there is nobody to read it.
struct BrokenPipe {};

/// Standard output: buffered, and no failed write goes unnoticed.
/// Threads: any, a call at a time is written whole.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  /// @throws Error Io, BrokenPipe
  void write(std::string_view text);
  void line(std::string_view text);
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    write(fmt::format(format, std::forward<Args>(args)...));
  }
  /// Must be called before the program ends: a full disk shows only here.
  void flush();
  bool is_terminal() const;

 private:
  void flush_held();

  int fd_;
  std::mutex mutex_;
  std::string buffer_;
};

/// A line on standard error. When nobody can read it, that is no reason to stop.
void say(std::string_view line) noexcept;

/// Gives the three standard descriptors that are closed something that fails on use, before a file
/// of ours takes their numbers and gets our output.
void occupy_standard_streams() noexcept;

}  // namespace stravinsky::cli
