#pragma once

#include <cstddef>

#include "core/bytes.hpp"

namespace stravinsky {

/// Cuts a stream into content-defined chunks by FastCDC (Xia et al., USENIX ATC 2016) with
/// normalised chunking: two masks around the mean. The gear table and the numbers below are part of
/// the format (docs/format.md, "Large files"): another cut would store every file anew.
struct ChunkSizes {
  std::size_t min = 256 * 1024;
  std::size_t mean = 1024 * 1024;
  std::size_t max = 4 * 1024 * 1024;
};

/// Where the first chunk of `data` ends.
/// @param data   from a chunk's start; give at least `sizes.max` bytes unless the stream ends there
/// @returns      1 to `sizes.max`, at most data.size(); 0 only for empty data
std::size_t next_cut(ByteView data, const ChunkSizes& sizes = {});

}  // namespace stravinsky
