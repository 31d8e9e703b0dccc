#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stravinsky::fs {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

/// The extended attributes of an open file, sorted by name. A filesystem without any has none.
/// @returns 0 or the errno; then `xattrs` holds those that could be read
int read_xattrs(int fd, Xattrs& xattrs);
/// The same of a name in an open directory, without opening it and without following a symlink.
/// Goes through /proc; where that is not mounted the errno is ENOENT. An entry that is gone has
/// none.
int read_xattrs(int directory, const std::string& name, Xattrs& xattrs);

/// The inode flags (stravinsky/entry.hpp) of a file or directory open for reading; none where the
/// filesystem has none or shows them to others only. @returns 0 or the errno
int read_inode_flags(int fd, std::uint32_t& flags) noexcept;

}  // namespace stravinsky::fs
