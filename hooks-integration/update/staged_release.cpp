#include "update/staged_release.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  const int code = errno;
  const Errc kind = code == ENOSPC || code == EDQUOT  ? Errc::NoSpace
                    : code == EACCES || code == EPERM ? Errc::Denied
                    : code == EEXIST                  ? Errc::Exists
                                                      : Errc::Io;
  throw Error(kind, fmt::format("cannot {} {}", what, quoted(path)), std::strerror(code));
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Whatever the umask: one release must not be two, told apart by who unpacked it.
void make_directory(int top, const std::string& path) {
  if (mkdirat(top, path.c_str(), 0755) != 0) {
    if (errno != EEXIST) fail("make", path);
  } else if (fchmodat(top, path.c_str(), 0755, 0) != 0) {
    fail("make", path);
  }
}

}  // namespace

StagedRelease::StagedRelease(std::string directory, const ReleaseLimits& limits)
    : directory_(std::move(directory)), rules_(limits) {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) fail("make", directory_);
  fd_ = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd_ < 0) fail("open", directory_);
}

StagedRelease::~StagedRelease() {
  if (fd_ >= 0) close(fd_);
}

std::string StagedRelease::make_parents(std::string_view path) {
  std::string cleaned = rules_.clean(path);
  for (std::size_t slash = cleaned.find('/'); slash != std::string::npos;
       slash = cleaned.find('/', slash + 1)) {
    make_directory(fd_, cleaned.substr(0, slash));
  }
  return cleaned;
}

void StagedRelease::add_directory(std::string_view path) {
  const std::string cleaned = rules_.clean(path);
  if (cleaned.empty()) return;
  rules_.add(cleaned, ReleasedType::Directory);
  make_parents(path);
  make_directory(fd_, cleaned);
}

void StagedRelease::add_symlink(std::string_view path, std::string_view target) {
  const std::string cleaned = rules_.clean(path);
  rules_.add(cleaned, ReleasedType::Symlink, target);
  make_parents(path);
  if (symlinkat(std::string(target).c_str(), fd_, cleaned.c_str()) != 0) fail("link", cleaned);
  ++files_;
}

void StagedRelease::add_file(std::string_view path, std::uint32_t mode,
                             const std::function<std::string_view()>& read) {
  const std::string cleaned = rules_.clean(path);
  rules_.add(cleaned, ReleasedType::File);
  make_parents(path);
  const mode_t bits = (mode & 0111) != 0 ? 0755 : 0644;
  const int fd =
      openat(fd_, cleaned.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, bits);
  if (fd < 0) fail("write", cleaned);
  try {
    for (std::string_view piece = read(); !piece.empty(); piece = read()) {
      rules_.add_bytes(piece.size());
      write_all(fd, piece, cleaned);
    }
    if (fchmod(fd, bits) != 0) fail("write", cleaned);  // whatever the umask
  } catch (...) {
    close(fd);
    throw;
  }
  if (close(fd) != 0) fail("write", cleaned);
  ++files_;
}

}  // namespace stravinsky::hooks
