#include "fs/reserve_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace stravinsky::fs {
namespace {

/// Smaller rooms are mostly memory that was used before.
constexpr std::size_t kLarge = std::size_t{128} * 1024;

}  // namespace

void reserve_pages(std::string& bytes, std::size_t size) {
  if (size <= bytes.capacity()) return;
  bytes.reserve(size);
#ifdef MADV_POPULATE_WRITE
  if (size < kLarge) return;
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // Only pages that are the room's alone.
  const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(bytes.data()) % page) % page;
  madvise(bytes.data() + skipped, (size - skipped) / page * page, MADV_POPULATE_WRITE);
#endif
}

}  // namespace stravinsky::fs
