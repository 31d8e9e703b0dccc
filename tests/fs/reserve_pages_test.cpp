#include "fs/reserve_pages.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace stravinsky;

namespace {

/// Whether the kernel can give pages before they are touched.
bool can_populate() {
#ifdef MADV_POPULATE_WRITE
  return madvise(nullptr, 0, MADV_POPULATE_WRITE) == 0;
#else
  return false;
#endif
}

}  // namespace

TEST_CASE("fs: a large room has its pages before they are touched") {
  constexpr std::size_t kSize = std::size_t{3} << 20;
  std::string bytes = "kept";
  fs::reserve_pages(bytes, kSize);
  CHECK(bytes == "kept");
  CHECK(bytes.capacity() >= kSize);
  if (!can_populate()) {
    MESSAGE("this kernel gives no pages ahead");
    return;
  }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t skipped = page - reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
  std::vector<unsigned char> resident((kSize - skipped) / page);
  REQUIRE(mincore(bytes.data() + skipped, resident.size() * page, resident.data()) == 0);
  CHECK(std::all_of(resident.begin(), resident.end(), [](unsigned char one) { return one == 1; }));
}

TEST_CASE("fs: a room that is there is left alone") {
  std::string bytes(1000, 'x');
  const char* const at = bytes.data();
  fs::reserve_pages(bytes, 10);
  CHECK(bytes.data() == at);
  CHECK(bytes == std::string(1000, 'x'));
}
