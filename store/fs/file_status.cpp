#include "fs/file_status.hpp"

#include <fcntl.h>

#include <cerrno>

namespace stravinsky::fs {

FileStatus::FileStatus(const struct stat& raw) noexcept
    : device(raw.st_dev),
      inode(raw.st_ino),
      size(static_cast<std::uint64_t>(raw.st_size)),
      mtime_seconds(raw.st_mtim.tv_sec),
      ctime_seconds(raw.st_ctim.tv_sec),
      special_device(raw.st_rdev),
      mtime_nanoseconds(static_cast<std::uint32_t>(raw.st_mtim.tv_nsec)),
      ctime_nanoseconds(static_cast<std::uint32_t>(raw.st_ctim.tv_nsec)),
      mode(raw.st_mode),
      uid(raw.st_uid),
      gid(raw.st_gid),
      links(static_cast<std::uint32_t>(raw.st_nlink)) {}

EntryType FileStatus::type() const noexcept {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return EntryType::Directory;
    case S_IFLNK:
      return EntryType::Symlink;
    case S_IFIFO:
      return EntryType::Fifo;
    case S_IFSOCK:
      return EntryType::Socket;
    case S_IFCHR:
      return EntryType::CharDevice;
    case S_IFBLK:
      return EntryType::BlockDevice;
    default:
      return EntryType::File;
  }
}

int look_at(int directory, const char* name, FileStatus& status) noexcept {
  struct stat raw {};
  if (fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return errno;
  status = FileStatus(raw);
  return 0;
}

int look_at(int fd, FileStatus& status, bool* sparse) noexcept {
  struct stat raw {};
  if (fstat(fd, &raw) != 0) return errno;
  if (sparse != nullptr) *sparse = raw.st_blocks < (raw.st_size + 511) / 512;
  status = FileStatus(raw);
  return 0;
}

int open_quietly(int directory, const char* name, int flags) noexcept {
  flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  for (int quiet = O_NOATIME;;) {
    const int fd = openat(directory, name, flags | quiet);
    if (fd >= 0) return fd;
    if (errno == EPERM && quiet != 0) {
      quiet = 0;  // only its owner may leave a file's access time alone
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

}  // namespace stravinsky::fs
