#include "output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "stravinsky/error.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

}  // namespace

void Output::write(std::string_view text) {
  const std::lock_guard held(mutex_);
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush_held();
}

void Output::line(std::string_view text) {
  const std::lock_guard held(mutex_);
  buffer_ += text;
  buffer_ += '\n';
  if (buffer_.size() >= kBuffer) flush_held();
}

void Output::flush() {
  const std::lock_guard held(mutex_);
  flush_held();
}

void Output::flush_held() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t count = ::write(fd_, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const int code = errno;
      buffer_.clear();  // the message about it must not fail the same way again
      if (code == EPIPE) throw BrokenPipe();
      const bool full = code == ENOSPC || code == EDQUOT;
      throw Error(full ? Errc::NoSpace : Errc::Io, "cannot write to standard output",
                  std::strerror(code), full ? "free space there, or send it elsewhere" : "");
    }
  }
  buffer_.clear();
}

bool Output::is_terminal() const { return isatty(fd_) == 1; }

void say(std::string_view line) noexcept {
  try {
    std::string text(line);
    text += '\n';
    std::string_view left = text;
    while (!left.empty()) {
      const ssize_t count = ::write(STDERR_FILENO, left.data(), left.size());
      if (count < 0 && errno != EINTR) return;
      if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
    }
  } catch (const std::bad_alloc&) {
    return;  // the exit status still tells
  }
}

void occupy_standard_streams() noexcept {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // open(2) takes the lowest free number, which is this one.
    const int flags = fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY;
    if (open("/dev/null", flags) < 0) return;
  }
}

}  // namespace stravinsky::cli
