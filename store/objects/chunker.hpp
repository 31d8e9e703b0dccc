#pragma once

#include <cstddef>

#include "core/bytes.hpp"

namespace stravinsky {

/// Cuts a stream into content-defined chunks by FastCDC (Xia et al., USENIX ATC 2016) with
/// normalised chunking: two masks around the mean. The gear table and the numbers below are part of
/// the format (docs/format.md, "Large files"): another cut would store every file anew.
///
/// gear[i] for i = 0 to 255 is the SHA-256 of the text `stravinsky gear <i>` (i in decimal), its
/// first 8 bytes read big-endian. A 64-bit hash starts at 0 with the byte at `min`; each byte makes
/// it (hash << 1) + gear[byte]. The chunk ends after the first byte at which (hash & mask) is 0,
/// at `max` bytes, or where the stream ends. The mask is the top 22 bits for bytes before `mean`,
/// the top 18 from there on: log2(mean) + 2 and - 2.
struct ChunkSizes {
  std::size_t min = 256 * 1024;
  std::size_t mean = 1024 * 1024;
  std::size_t max = 4 * 1024 * 1024;
};

/// Where the first chunk of `data` ends.
/// @param sizes  0 < min <= mean <= max, `mean` at least 8
/// @param data   from a chunk's start; give at least `sizes.max` bytes unless the stream ends there
/// @returns      1 to `sizes.max`, at most data.size(); 0 only for empty data
std::size_t next_cut(ByteView data, const ChunkSizes& sizes = {});

}  // namespace stravinsky
