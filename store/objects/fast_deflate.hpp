#pragma once

#include <cstddef>
#include <span>

#include "core/bytes.hpp"

namespace stravinsky {

/// Whether this build compresses at level 1 with ISA-L: about 1.7 times as fast as libdeflate
/// there, with streams 7 % longer.
bool has_fast_deflate() noexcept;

/// Writes `content` as one zlib stream with ISA-L.
/// @returns the stream's length; 0 when it does not fit into `out`
/// Threads: any; its tables are kept per thread.
std::size_t fast_deflate(std::span<std::byte> out, ByteView content);

}  // namespace stravinsky
