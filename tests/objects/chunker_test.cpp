#include "objects/chunker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/hash.hpp"

using namespace stravinsky;

namespace {

std::string noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() >> 56);
  return bytes;
}

std::vector<std::size_t> cuts(std::string_view data, const ChunkSizes& sizes = {}) {
  std::vector<std::size_t> sums;
  for (std::size_t at = 0; at < data.size();) {
    sums.push_back(at += next_cut(as_bytes(data.substr(at, sizes.max)), sizes));
  }
  return sums;
}

std::set<std::string> chunks(std::string_view data, const ChunkSizes& sizes) {
  std::set<std::string> ids;
  std::size_t from = 0;
  for (const std::size_t to : cuts(data, sizes)) {
    ids.insert(sha1(as_bytes(data.substr(from, to - from))).hex());
    from = to;
  }
  return ids;
}

}  // namespace

TEST_CASE("objects: chunks are cut where the format says") {
  // Recomputed from the definition in chunker.hpp by an independent program.
  CHECK(cuts(noise(8 << 20, 1)) ==
        std::vector<std::size_t>{2455789, 3653252, 4718837, 5839292, 6758394, 7860781, 8388608});
}

TEST_CASE("objects: no chunk is below or beyond the limits") {
  const ChunkSizes sizes{.min = 256, .mean = 1024, .max = 4096};
  for (const std::string& data : {noise(1 << 20, 2), std::string(1 << 20, '\0')}) {
    std::size_t from = 0;
    const std::vector<std::size_t> ends = cuts(data, sizes);
    for (const std::size_t to : ends) {
      CHECK(to - from <= sizes.max);
      if (to != data.size()) CHECK(to - from > sizes.min);
      from = to;
    }
    CHECK(from == data.size());
  }
  // Zeros never meet the mask: only the limit cuts them.
  CHECK(cuts(std::string(10000, '\0'), sizes).front() == sizes.max);
  CHECK(next_cut({}) == 0);
  CHECK(next_cut(as_bytes("x")) == 1);
  CHECK(next_cut(as_bytes(std::string(256, 'x')), sizes) == 256);
}

TEST_CASE("objects: the mean chunk is near the mean asked for") {
  const ChunkSizes sizes{.min = 256, .mean = 1024, .max = 4096};
  const std::string data = noise(4 << 20, 3);
  const std::size_t mean = data.size() / cuts(data, sizes).size();
  CHECK(mean > 800);
  CHECK(mean < 1400);
}

TEST_CASE("objects: an insertion changes the chunks around it only") {
  const ChunkSizes sizes{.min = 256, .mean = 1024, .max = 4096};
  const std::string data = noise(1 << 20, 4);
  std::string longer = data;
  longer.insert(data.size() / 2, "inserted");
  const std::set<std::string> before = chunks(data, sizes), after = chunks(longer, sizes);
  std::vector<std::string> changed;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(changed));
  CHECK(changed.size() >= 1);
  CHECK(changed.size() <= 4);
}
