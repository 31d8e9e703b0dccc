#include "objects/chunker.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include "core/hash.hpp"

namespace stravinsky {
namespace {

using Gear = std::array<std::uint64_t, 256>;

const Gear& gear() {
  static const Gear table = [] {
    Gear made{};
    for (std::size_t i = 0; i < made.size(); ++i) {
      const Sha256 digest = sha256("stravinsky gear " + std::to_string(i));
      for (std::size_t k = 0; k < 8; ++k) made[i] = made[i] << 8 | digest.data()[k];
    }
    return made;
  }();
  return table;
}

constexpr std::uint64_t top_bits(int count) { return ~std::uint64_t{0} << (64 - count); }

}  // namespace

std::size_t next_cut(ByteView data, const ChunkSizes& sizes) {
  const std::size_t end = std::min(data.size(), sizes.max);
  if (end <= sizes.min) return end;
  const Gear& table = gear();
  const int bits = static_cast<int>(std::bit_width(sizes.mean)) - 1;
  std::uint64_t hash = 0;
  std::size_t at = sizes.min;
  const auto scan = [&](std::size_t stop, std::uint64_t mask) {
    while (at < stop) {
      hash = (hash << 1) + table[static_cast<std::size_t>(data[at++])];
      if ((hash & mask) == 0) return true;
    }
    return false;
  };
  if (!scan(std::min(end, sizes.mean), top_bits(bits + 2))) scan(end, top_bits(bits - 2));
  return at;
}

}  // namespace stravinsky
