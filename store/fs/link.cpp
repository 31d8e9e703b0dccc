#include "fs/link.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace stravinsky::fs {

int read_link(int directory, const char* name, std::string& target) {
  for (std::size_t room = 256;; room *= 2) {
    target.resize(room);
    const ssize_t count = readlinkat(directory, name, target.data(), room);
    if (count < 0) return errno;
    if (static_cast<std::size_t>(count) == room) continue;  // maybe cut off
    target.resize(static_cast<std::size_t>(count));
    return 0;
  }
}

DataRange find_data(int fd, std::uint64_t from, std::uint64_t size) noexcept {
  const off_t start = lseek(fd, static_cast<off_t>(from), SEEK_DATA);
  if (start < 0 && errno == ENXIO) return {size, size};  // a hole up to the end
  if (start < 0) return {from, size};
  const off_t end = lseek(fd, start, SEEK_HOLE);
  DataRange range{static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(end)};
  if (end < 0) range.end = size;
  // The file may have grown or shrunk since.
  range.start = std::clamp(range.start, from, size);
  range.end = std::clamp(range.end, range.start, size);
  return range;
}

}  // namespace stravinsky::fs
