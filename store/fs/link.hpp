#pragma once

#include <cstdint>
#include <string>

namespace stravinsky::fs {

/// The target of a symlink in an open directory, whole. @returns 0 or the errno; EINVAL: no symlink
int read_link(int directory, const char* name, std::string& target);

/// A run of bytes of a file that are stored. Everything between two of them is a hole of zeros.
struct DataRange {
  std::uint64_t start = 0, end = 0;
};
/// The first data at or behind `from`, within `size`; empty at `size` when there is none. Where the
/// filesystem does not know its holes, all is data.
DataRange find_data(int fd, std::uint64_t from, std::uint64_t size) noexcept;

}  // namespace stravinsky::fs
