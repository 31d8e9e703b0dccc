#include "packs/pack_index.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <thread>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "packs/pack_entry.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::error_of;

namespace {

/// Large enough for an index that is read in parts: 28 bytes each.
constexpr int kMany = 20'000;
constexpr std::size_t kIds = 8 + 256 * 4;
constexpr std::size_t kOffsets = kIds + std::size_t{kMany} * (ObjectId::kSize + 4);
constexpr std::uint64_t kPackSize = 12 + std::uint64_t{kMany} * 100 + ObjectId::kSize;

/// An index of many objects, sorted, and its file.
struct Large {
  test::TempDir dir;
  std::string path = dir / "i.idx";
  std::vector<PackedObject> objects;

  Large() {
    for (int i = 0; i < kMany; ++i) {
      objects.push_back({.id = sha1(as_bytes(std::to_string(i))),
                         .offset = 12 + static_cast<std::uint64_t>(i) * 100,
                         .crc = static_cast<std::uint32_t>(i)});
    }
    test::write_file(path, encode_pack_index(objects, ObjectId()));
  }

  /// The first object whose id begins with a byte.
  std::size_t first_of(unsigned first) const {
    const auto found = std::ranges::find_if(
        objects, [&](const PackedObject& object) { return object.id.data()[0] == first; });
    return static_cast<std::size_t>(found - objects.begin());
  }

  /// Changes the file where it lies: who has it open sees it.
  void overwrite(std::size_t at, std::string_view bytes) const {
    std::FILE* const file = std::fopen(path.c_str(), "r+");
    REQUIRE(file != nullptr);
    CHECK(std::fseek(file, static_cast<long>(at), SEEK_SET) == 0);
    CHECK(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
    CHECK(std::fclose(file) == 0);
  }
};

bool finds_all(const PackIndex& index, const std::vector<PackedObject>& objects) {
  return std::ranges::all_of(objects, [&](const PackedObject& object) {
    const auto position = index.find(object.id);
    return position && index.offset_at(*position) == object.offset;
  });
}

}  // namespace

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

TEST_CASE("packs: a large index answers what one that is read whole does") {
  const Large large;
  const PackIndex index(large.path, kPackSize);
  fs::remove_file(large.path);  // as when the pack was folded into another one
  CHECK(!index.find(ObjectId::from_raw("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")));
  for (unsigned first = 0; first < 256; ++first) {
    ObjectId low, high;
    std::fill_n(high.data(), ObjectId::kSize, std::uint8_t{0xff});
    low.data()[0] = high.data()[0] = static_cast<std::uint8_t>(first);
    const auto [from, to] = index.range(low, high);
    CHECK(from == large.first_of(first));
    CHECK(to == (first == 255 ? index.size() : large.first_of(first + 1)));
  }
  CHECK(finds_all(index, large.objects));
  index.check();
  std::vector<std::uint64_t> offsets;
  for (std::size_t i = 0; i < large.objects.size(); ++i) {
    REQUIRE(index.crc_at(i) == large.objects[i].crc);
    offsets.push_back(large.objects[i].offset);
  }
  std::ranges::sort(offsets);
  CHECK(index.sorted_offsets() == offsets);
}

TEST_CASE("packs: threads look into a large index while another one checks it") {
  const Large large;
  const PackIndex index(large.path, kPackSize);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] { right += finds_all(index, large.objects); });
  }
  index.check();
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 3);
}

TEST_CASE("packs: damage in a large index hides what is there and nothing else") {
  const Large large;
  const PackIndex index(large.path, kPackSize);
  const std::size_t bad = large.first_of(7), beyond = large.first_of(9), last = large.first_of(255);
  large.overwrite(kIds + bad * ObjectId::kSize, "\x08");
  large.overwrite(kOffsets + beyond * 4, "\xff\xff\xff\xff");  // of a table that it has not
  std::vector<std::uint64_t> offsets;
  for (const PackedObject& object : large.objects) {
    const std::uint8_t first = object.id.data()[0];
    const bool is_hidden = first == 7 || first == 9;
    if (!is_hidden) offsets.push_back(object.offset);
    bool is_found = false;
    const auto code = error_of([&] { is_found = index.find(object.id).has_value(); });
    REQUIRE(is_found == !is_hidden);
    if (is_hidden) REQUIRE(code == Errc::Corrupt);
  }
  std::ranges::sort(offsets);
  CHECK(index.sorted_offsets() == offsets);
  CHECK(error_of([&] { index.check(); }) == Errc::Corrupt);

  const PackIndex cut(large.path, kPackSize);
  std::filesystem::resize_file(large.path, kOffsets + last * 4);
  CHECK(cut.find(large.objects[0].id));
  CHECK(error_of([&] { cut.find(large.objects[last].id); }) == Errc::Corrupt);
  CHECK(error_of([&] { cut.check(); }) == Errc::Corrupt);
}

TEST_CASE("packs: more large indexes than descriptors can be open") {
  const Large large;
  struct rlimit before {};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  struct rlimit few = before;
  few.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::deque<PackIndex> indexes;
  bool all = true;
  const auto code = error_of([&] {
    for (int i = 0; i < 100; ++i) indexes.emplace_back(large.path, kPackSize);
    for (const PackIndex& index : indexes) all = all && index.find(large.objects[77].id);
  });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(!code);
  CHECK(all);
}
