#include "fs/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/text.hpp"

namespace stravinsky::fs {

void Fd::reset() noexcept {
  if (raw_ >= 0) ::close(std::exchange(raw_, -1));
}

void Fd::close(const std::string& path) {
  // After EINTR Linux has closed it all the same: a second try could close somebody else's.
  if (raw_ >= 0 && ::close(std::exchange(raw_, -1)) != 0 && errno != EINTR) {
    throw_errno("finish writing", path);
  }
}

Errc errc_of(int error) noexcept {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Errc::NoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::Denied;
    case ENOENT:
      return Errc::NotFound;
    case EEXIST:
    case ENOTEMPTY:
      return Errc::Exists;
    default:
      return Errc::Io;
  }
}

Error errno_error(std::string_view what, std::string_view path, int error) {
  std::string remedy;
  switch (error) {
    case ENOSPC:
      remedy = "free disk space or inodes there, then run the command again";
      break;
    case EDQUOT:
      remedy = "free space within your quota, then run the command again";
      break;
    case EFBIG:
      remedy = "raise the file size limit (`ulimit -f`), then run the command again";
      break;
    case EROFS:
      remedy = "remount the filesystem writable, or use another place";
      break;
    case EMFILE:
      remedy = "raise the limit of open files (`ulimit -n`), then run the command again";
      break;
    default:
      break;
  }
  return Error(errc_of(error), fmt::format("cannot {} {}", what, quoted(path)),
               std::generic_category().message(error), std::move(remedy));
}

void throw_errno(std::string_view what, std::string_view path) {
  throw errno_error(what, path, errno);
}

Fd open_at(int directory, const char* name, int flags, mode_t mode) noexcept {
  int raw;
  do {
    raw = ::openat(directory, name, flags | O_CLOEXEC, mode);
  } while (raw < 0 && errno == EINTR);
  return Fd(raw);
}

Fd open(const std::string& path, int flags, mode_t mode) {
  Fd fd = open_at(AT_FDCWD, path.c_str(), flags, mode);
  if (!fd) throw_errno((flags & O_CREAT) != 0 ? "create" : "open", path);
  return fd;
}

Fd open_directory(const std::string& path) { return open(path, O_RDONLY | O_DIRECTORY); }

Fd open_for_sync(const std::string& path) {
  Fd fd = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW);
  if (!fd && errno != ENOENT) throw_errno("open", path);
  return fd;
}

}  // namespace stravinsky::fs
