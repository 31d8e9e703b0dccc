#include "core/hash.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "core/stitched_sha.hpp"

using namespace stravinsky;

namespace {

/// By OpenSSL, one after the other.
ShaPair separately(std::string_view head, std::string_view content) {
  return {Sha1Hasher().update(head).update(content).finish(), sha256(content)};
}

void require_equal(std::string_view head, std::string_view content) {
  const ShaPair expected = separately(head, content);
  const ShaPair pair = sha1_and_sha256(head, as_bytes(content));
  CAPTURE(head.size());
  CAPTURE(content.size());
  REQUIRE(pair.sha1.hex() == expected.sha1.hex());
  REQUIRE(pair.sha256.hex() == expected.sha256.hex());
}

std::string random_text(std::size_t size) {
  static std::mt19937_64 random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("core: both hashes in one pass are the published ones") {
  // FIPS 180-4's example, and the hashes of nothing.
  const ShaPair abc = sha1_and_sha256("", as_bytes("abc"));
  CHECK(abc.sha1.hex() == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(abc.sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const ShaPair nothing = sha1_and_sha256("", ByteView());
  CHECK(nothing.sha1.hex() == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(nothing.sha256.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha1_and_sha256("ab", as_bytes("c")).sha1 == abc.sha1);
}

TEST_CASE("core: both hashes in one pass are OpenSSL's, for every length, head and alignment") {
  if (!has_stitched_sha()) MESSAGE("this processor has no SHA instructions: OpenSSL's own is used");
  const std::string text = random_text(1024);
  for (std::size_t head = 0; head <= 64; ++head) {
    for (std::size_t size = 0; size <= 260; ++size) {
      require_equal(std::string_view(text).substr(0, head),
                    std::string_view(text).substr(head + size % 16, size));
    }
  }
  for (const std::size_t size : {4095u, 4096u, 65536u, 1048577u}) {
    require_equal(std::string_view("blob 12345678\0", 14), random_text(size));
  }
}

TEST_CASE("core: a length of more than 32 bits is hashed as OpenSSL does") {
  // 512 MiB are the first whose number of bits takes more than 32 of them.
  const std::string zeros(std::size_t{512} << 20, '\0');
  require_equal(std::string_view("blob 536870912\0", 15), zeros);
}
