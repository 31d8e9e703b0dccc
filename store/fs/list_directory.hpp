#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stravinsky::fs {

struct DirectoryEntry {
  std::string name;        ///< raw bytes; never "." or ".."
  unsigned char type = 0;  ///< DT_REG …, DT_UNKNOWN where the filesystem does not say
  std::uint64_t inode = 0;
};

/// Every entry of an open directory, in no order, read from its start.
///
/// A failing getdents64(2) is an error, never a shorter list.
/// @param fd    a directory open for reading; its position moves
/// @param path  for messages
/// @throws Error of the errno
std::vector<DirectoryEntry> list_directory(int fd, const std::string& path);
/// The same for callers to whom a directory that cannot be listed is ordinary.
/// @returns 0 or the errno; then `entries` is not the whole directory
int list_directory(int fd, std::vector<DirectoryEntry>& entries);
std::vector<DirectoryEntry> list_directory(const std::string& path);

}  // namespace stravinsky::fs
