#include "packs/pack_entry.hpp"

#include <limits>

#include "packs/big_endian.hpp"

namespace stravinsky {
namespace {

constexpr unsigned kMore = 0x80;  // another byte follows

unsigned value_of(std::byte byte) { return std::to_integer<unsigned>(byte); }

}  // namespace

std::string encode_pack_head(std::uint32_t count) {
  std::string head = "PACK";
  append_be32(head, 2);
  append_be32(head, count);
  return head;
}

std::optional<std::uint32_t> parse_pack_head(std::string_view bytes) {
  if (bytes.size() < kPackHeadSize || !bytes.starts_with("PACK")) return std::nullopt;
  const std::uint32_t version = load_be32(bytes.data() + 4);
  if (version != 2 && version != 3) return std::nullopt;
  return load_be32(bytes.data() + 8);
}

std::size_t encode_entry_head(std::array<std::byte, kLargestEntryHead>& out, int type,
                              std::uint64_t size) {
  unsigned byte = static_cast<unsigned>(type) << 4 | static_cast<unsigned>(size & 15);
  size >>= 4;
  std::size_t length = 0;
  while (size != 0) {
    out[length++] = static_cast<std::byte>(byte | kMore);
    byte = static_cast<unsigned>(size & 127);
    size >>= 7;
  }
  out[length++] = static_cast<std::byte>(byte);
  return length;
}

std::optional<EntryHead> parse_entry_head(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  unsigned byte = value_of(bytes[0]);
  EntryHead head{static_cast<int>(byte >> 4 & 7), byte & 15, 1};
  for (int shift = 4; (byte & kMore) != 0; shift += 7) {
    if (head.length == bytes.size() || shift > 60) return std::nullopt;
    byte = value_of(bytes[head.length++]);
    const std::uint64_t part = byte & 127;
    if (shift == 60 && part > 15) return std::nullopt;
    head.size |= part << shift;
  }
  if (head.type == 0 || head.type == 5) return std::nullopt;
  return head;
}

std::optional<BaseDistance> parse_base_distance(ByteView bytes) {
  BaseDistance base;
  for (;;) {
    if (base.length == bytes.size()) return std::nullopt;
    const unsigned byte = value_of(bytes[base.length++]);
    base.distance |= byte & 127;
    if ((byte & kMore) == 0) return base;
    // Each further byte also counts one, so that no distance has two spellings.
    if (base.distance >= std::numeric_limits<std::uint64_t>::max() >> 8) return std::nullopt;
    base.distance = (base.distance + 1) << 7;
  }
}

}  // namespace stravinsky
