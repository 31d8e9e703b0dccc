#include "output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

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
      throw Error(Errc::Io, "cannot write to standard output", std::strerror(code));
    }
  }
  buffer_.clear();
}

bool Output::is_terminal() const { return isatty(fd_) == 1; }

}  // namespace stravinsky::cli
