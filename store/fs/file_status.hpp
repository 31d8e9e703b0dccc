#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <type_traits>

#include "stravinsky/entry.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::fs {

/// What stat(2) tells that changes when a file does: two equal ones mean the same, untouched file.
/// Written to caches as it lies in memory, so it has no padding.
struct FileStatus {
  std::uint64_t device = 0, inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_seconds = 0, ctime_seconds = 0;
  std::uint64_t special_device = 0;  ///< st_rdev
  std::uint32_t mtime_nanoseconds = 0, ctime_nanoseconds = 0;
  std::uint32_t mode = 0;  ///< type and permissions
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t links = 0;

  FileStatus() = default;
  explicit FileStatus(const struct stat& raw) noexcept;

  bool is_file() const noexcept { return S_ISREG(mode); }
  bool is_directory() const noexcept { return S_ISDIR(mode); }
  bool is_symlink() const noexcept { return S_ISLNK(mode); }
  EntryType type() const noexcept;
  FileTime mtime() const noexcept { return {mtime_seconds, mtime_nanoseconds}; }
  FileTime ctime() const noexcept { return {ctime_seconds, ctime_nanoseconds}; }
  /// The same inode; what it holds may have changed.
  bool same_file(const FileStatus& other) const noexcept {
    return device == other.device && inode == other.inode &&
           (mode & S_IFMT) == (other.mode & S_IFMT);
  }
  bool operator==(const FileStatus&) const = default;
};
static_assert(sizeof(FileStatus) == 72 && std::has_unique_object_representations_v<FileStatus>);

inline FileTime mtime_of(const struct stat& raw) noexcept {
  return {raw.st_mtim.tv_sec, static_cast<std::uint32_t>(raw.st_mtim.tv_nsec)};
}
inline FileTime ctime_of(const struct stat& raw) noexcept {
  return {raw.st_ctim.tv_sec, static_cast<std::uint32_t>(raw.st_ctim.tv_nsec)};
}

/// lstat(2) of a name in an open directory. @returns 0 or the errno
int look_at(int directory, const char* name, FileStatus& status) noexcept;
/// fstat(2). @param sparse  set when fewer blocks are stored than the size needs; may be null
/// @returns 0 or the errno
int look_at(int fd, FileStatus& status, bool* sparse = nullptr) noexcept;

/// Opens for reading without changing the file's access time where the system allows that, never
/// through a symlink, never waiting for the other end of a FIFO. A negative descriptor means
/// failure: see errno. @param flags  such as O_DIRECTORY
int open_quietly(int directory, const char* name, int flags = 0) noexcept;

}  // namespace stravinsky::fs
