#include "fs/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "fs/fd.hpp"

namespace stravinsky::fs {

Mapping::Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::optional<Mapping> Mapping::find(const std::string& path) noexcept {
  const Fd fd = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  Mapping mapping;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return mapping;
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (start == MAP_FAILED) return std::nullopt;
  mapping.bytes_ = {static_cast<const std::byte*>(start), size};
  return mapping;
}

}  // namespace stravinsky::fs
