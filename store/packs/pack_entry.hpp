#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.hpp"

namespace stravinsky {

// How one object lies in a pack: a head with type and inflated size, for a delta also its base,
// then a zlib stream. Source: gitformat-pack(5).

/// Types that only packs know, beside ObjectType.
inline constexpr int kOffsetDelta = 6, kIdDelta = 7;

/// Magic, version, number of objects.
inline constexpr std::size_t kPackHeadSize = 12;
/// A head byte and the zlib stream of nothing.
inline constexpr std::size_t kSmallestPackEntry = 9;
/// A 64-bit size, and the distance to a base, take at most 10 bytes each.
inline constexpr std::size_t kLargestEntryHead = 10;

/// `PACK`, version 2, `count`.
std::string encode_pack_head(std::uint32_t count);
/// The count; empty for anything but a pack of version 2 (3 differs in nothing and is read too).
std::optional<std::uint32_t> parse_pack_head(std::string_view bytes);

struct EntryHead {
  int type = 0;            ///< 1 to 4, or a delta's
  std::uint64_t size = 0;  ///< of the stream when inflated
  std::size_t length = 0;  ///< of the head itself
};

/// @returns how many bytes of `out` it took
std::size_t encode_entry_head(std::array<std::byte, kLargestEntryHead>& out, int type,
                              std::uint64_t size);
/// Empty when `bytes` end too early, the size has more than 64 bits, or the type does not exist.
std::optional<EntryHead> parse_entry_head(ByteView bytes);

struct BaseDistance {
  std::uint64_t distance = 0;  ///< from the delta's entry back to its base's
  std::size_t length = 0;
};
/// What follows the head of an offset delta. Empty as above.
std::optional<BaseDistance> parse_base_distance(ByteView bytes);

}  // namespace stravinsky
