#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stravinsky/object_id.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

/// What a directory entry is. The numbers are written to caches: never change them.
enum class EntryType : std::uint8_t {
  File = 1,
  Directory = 2,
  Symlink = 3,
  Fifo = 4,
  Socket = 5,
  CharDevice = 6,
  BlockDevice = 7,
};

/// Inode flags that a snapshot keeps, as FS_IOC_GETFLAGS numbers them.
namespace inode_flags {
inline constexpr std::uint32_t kCompress = 0x4, kSync = 0x8, kImmutable = 0x10, kAppend = 0x20,
                               kNoDump = 0x40, kNoAtime = 0x80, kDirSync = 0x10000,
                               kNoCow = 0x800000;
inline constexpr std::uint32_t kKept =
    kCompress | kSync | kImmutable | kAppend | kNoDump | kNoAtime | kDirSync | kNoCow;
}  // namespace inode_flags

/// Everything a snapshot records about one entry of a directory, except the entries below it.
struct Entry {
  std::string name;  ///< raw bytes, not empty, no '/' and no NUL; "." for the directory itself
  EntryType type = EntryType::File;
  /// False: only `type` and `digest` are known. So for the made-up top of several roots, and for a
  /// sub-directory read from its parent: its attributes stand in its own metadata.
  bool has_attributes = true;
  std::uint32_t mode = 0;  ///< the 12 permission bits: 07777
  std::uint32_t uid = 0, gid = 0;
  std::string uname, gname;       ///< empty when the system had no name for the number
  std::uint64_t size = 0;         ///< bytes; files only
  std::optional<FileTime> mtime;  ///< absent: not recorded (a directory with an excluded child)
  std::string link;               ///< symlinks: the target, raw bytes
  Sha256 digest;                  ///< files: of the content; directories: of their %mtree bytes
  std::vector<std::pair<std::string, std::string>> xattrs;  ///< name, raw value; sorted by name
  std::string hardlink;  ///< path of the group's first member, from the top; empty for that member
  std::uint32_t device_major = 0, device_minor = 0;  ///< char and block devices: rdev
  std::uint64_t chunks = 0;  ///< files stored as a chunk tree: how many chunks; else 0
  std::uint32_t flags = 0;   ///< inode_flags
  bool sparse = false;       ///< had holes; a hint for restore, never compared

  bool operator==(const Entry&) const = default;
};

}  // namespace stravinsky
