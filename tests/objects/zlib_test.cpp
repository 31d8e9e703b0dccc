#include "objects/zlib.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

using namespace stravinsky;

namespace {

std::string noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() >> 56);
  return bytes;
}

std::string text(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += "line " + std::to_string(i) + "\n";
  bytes.resize(size);
  return bytes;
}

std::vector<std::byte> packed(std::string_view content, int level) {
  std::vector<std::byte> stream(zlib_room(content.size()));
  stream.resize(write_zlib(stream, as_bytes(content), level));
  return stream;
}

std::optional<std::size_t> inflating(ByteView stream, std::string& out) {
  return inflate_exactly(stream, std::as_writable_bytes(std::span(out)));
}

}  // namespace

TEST_CASE("objects: content survives every level and size") {
  for (const int level : {0, 1, 9}) {
    for (const std::size_t size :
         {0U, 1U, 49U, 50U, 51U, 1000U, 65535U, 65536U, 131072U, 300000U}) {
      for (const std::string& content : {noise(size), text(size), std::string(size, '\0')}) {
        std::vector<std::byte> stream = packed(content, level);
        CHECK(stream.size() <= largest_stream(size));
        CHECK(can_inflate_to(stream.size(), size));
        const std::size_t length = stream.size();
        stream.insert(stream.end(), 9, std::byte{0xAA});  // what lies behind is not touched
        std::string back(size, 'x');
        CHECK(inflating(stream, back) == length);
        CHECK(back == content);
      }
    }
  }
}

TEST_CASE("objects: what does not shrink is stored, what does shrinks") {
  for (const std::size_t size : {1000U, 100000U, 1000000U}) {
    CHECK(packed(noise(size), 1).size() == packed(noise(size), 0).size());
    CHECK(packed(text(size), 1).size() < size / 2);
  }
}

TEST_CASE("objects: a damaged or lying stream inflates to nothing") {
  const std::string content = text(200);
  const std::vector<std::byte> good = packed(content, 9);
  std::string shorter(199, 'x'), longer(201, 'x');
  CHECK(!inflating(good, shorter));
  CHECK(!inflating(good, longer));
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::string back(content.size(), 'x');
    CHECK(!inflating(ByteView(good).first(size), back));
  }
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::vector<std::byte> bad = good;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    std::string back(content.size(), 'x');
    // A few bits of the two header bytes mean nothing to the content.
    if (inflating(bad, back)) CHECK(back == content);
  }
}

TEST_CASE("objects: the checksum is the one gzip uses") {
  CHECK(crc32(as_bytes("123456789")) == 0xCBF43926);
}
