#pragma once

#include <cstdint>
#include <string>

#include "fs/fd.hpp"

namespace stravinsky::fs {

/// A file open for reading that is neither a link nor anything but a regular file.
struct RegularFile {
  Fd fd;
  std::uint64_t size = 0;  ///< bytes, when it was opened
};

/// @throws Error of the errno; Hostile: a link; Corrupt: a FIFO, device or directory lies there
RegularFile open_regular_file(const std::string& path);

}  // namespace stravinsky::fs
