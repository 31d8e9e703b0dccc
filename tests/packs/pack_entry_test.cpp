#include "packs/pack_entry.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "packs/pack_index.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

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

TEST_CASE("packs: an index holds offsets beyond 2 GiB") {
  const test::TempDir dir;
  std::vector<PackedObject> objects;
  for (int i = 0; i < 600; ++i) {
    PackedObject object;
    object.id.data()[0] = static_cast<std::uint8_t>(599 - i);
    object.id.data()[1] = static_cast<std::uint8_t>((599 - i) >> 8);
    object.offset = 12 + static_cast<std::uint64_t>(i) * 0x0100'0000;
    object.crc = static_cast<std::uint32_t>(i) * 77;
    objects.push_back(object);
  }
  const std::uint64_t pack_size = std::uint64_t{10} << 30;
  ObjectId trailer;
  trailer.data()[3] = 9;
  std::vector<PackedObject> sorted = objects;
  test::write_file(dir / "i.idx", encode_pack_index(sorted, trailer));
  const PackIndex index(dir / "i.idx", pack_size);
  CHECK(index.size() == 600);
  CHECK(index.pack_trailer() == trailer);
  for (const PackedObject& object : objects) {
    const auto position = index.find(object.id);
    REQUIRE(position);
    CHECK(index.offset_at(*position) == object.offset);
    CHECK(index.crc_at(*position) == object.crc);
  }
  CHECK(!index.find(ObjectId::from_raw("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")));
  // The same index for a smaller pack points outside of it.
  const PackIndex outside(dir / "i.idx", std::uint64_t{1} << 30);
  CHECK(test::error_of([&] { outside.find(objects.back().id); }) == Errc::Corrupt);
  CHECK(test::error_of([&] { outside.check(); }) == Errc::Corrupt);
}
