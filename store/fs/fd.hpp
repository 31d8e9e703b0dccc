#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "stravinsky/error.hpp"

namespace stravinsky::fs {

/// Sole owner of a descriptor. Every one is opened with O_CLOEXEC.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int raw) noexcept : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(raw_, other.raw_);  // what we held leaves with `other`
    return *this;
  }
  ~Fd() { reset(); }

  int get() const noexcept { return raw_; }
  explicit operator bool() const noexcept { return raw_ >= 0; }
  /// Closes without asking how it went: right for what was only read.
  void reset() noexcept;
  /// Closes what was written. @throws Error when the system reports a late write failure.
  void close(const std::string& path);

 private:
  int raw_ = -1;
};

/// The code for an errno: NoSpace, Denied, NotFound, Exists or Io.
Errc errc_of(int error) noexcept;

/// An Error that says `cannot <what> '<path>': <reason of errno>`, with a remedy where there is
/// one.
Error errno_error(std::string_view what, std::string_view path, int error);
/// Throws it for the current errno.
[[noreturn]] void throw_errno(std::string_view what, std::string_view path);

/// openat(2) with O_CLOEXEC, retried after EINTR. The descriptor is empty on failure: see errno.
Fd open_at(int directory, const char* name, int flags, mode_t mode = 0) noexcept;
/// As `open_at` from the working directory. @throws Error of the errno.
Fd open(const std::string& path, int flags, mode_t mode = 0);
Fd open_directory(const std::string& path);
/// For fsync: a regular file, or empty when nothing has that name. @throws Error of any other errno
Fd open_for_sync(const std::string& path);

}  // namespace stravinsky::fs
