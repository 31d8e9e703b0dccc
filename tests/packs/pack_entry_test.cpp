#include "packs/pack_entry.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace stravinsky;

TEST_CASE("packs: an entry's head survives every size") {
  for (int bits = 0; bits <= 64; ++bits) {
    const std::uint64_t top = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    for (const std::uint64_t size : {top, top / 2 + 1}) {
      std::array<std::byte, kLargestEntryHead> bytes{};
      const std::size_t length = encode_entry_head(bytes, 3, size);
      const ByteView head = ByteView(bytes).first(length);
      const auto back = parse_entry_head(head);
      REQUIRE(back);
      CHECK(back->type == 3);
      CHECK(back->size == size);
      CHECK(back->length == length);
      for (std::size_t cut = 0; cut < length; ++cut) CHECK(!parse_entry_head(head.first(cut)));
    }
  }
}

TEST_CASE("packs: a head with too many bits or no type is refused") {
  CHECK(!parse_entry_head(as_bytes(std::string(20, '\xff'))));
  CHECK(!parse_entry_head(as_bytes("\xb1\xff\xff\xff\xff\xff\xff\xff\xff\x1f")));  // 65 bits
  CHECK(parse_entry_head(as_bytes("\xb1\xff\xff\xff\xff\xff\xff\xff\xff\x0f")));
  CHECK(!parse_entry_head(as_bytes(std::string_view("\x00", 1))));
  CHECK(!parse_entry_head(as_bytes("\x50")));
  CHECK(!parse_base_distance(as_bytes(std::string(20, '\xff'))));
  CHECK(!parse_base_distance(as_bytes("\x80")));
  CHECK(parse_base_distance(as_bytes(std::string_view("\x80\x00", 2)))->distance == 128);
}
