#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/bytes.hpp"

namespace stravinsky {

/// Room that `write_zlib` may need for content of `size` bytes.
std::size_t zlib_room(std::size_t size) noexcept;

/// Writes `content` to `out` as one zlib stream.
///
/// What does not shrink by 2 % is stored: such a stream is read back at the speed of copying. For
/// content beyond 128 KiB four samples decide that before anything else is compressed.
/// @param out    at least `zlib_room(content.size())` bytes
/// @param level  0 stores; 1 fast to 9 best, as libdeflate numbers them
/// @returns the stream's length
/// Threads: any; compressors are kept per thread.
std::size_t write_zlib(std::span<std::byte> out, ByteView content, int level);

/// Inflates one zlib stream, whose Adler-32 is checked, into exactly `out`.
/// @param stream  may go on behind the stream's end
/// @returns how many bytes of `stream` it took; empty when it is damaged or has another length
std::optional<std::size_t> inflate_exactly(ByteView stream, std::span<std::byte> out);

/// Inflates the start of a stream, whose rest is not looked at: `out.size()` bytes less 64 KiB are
/// right if the stream is, more only when it ends before. Nothing is checked.
/// @returns how many bytes it gave; 0 for what is no zlib stream
std::size_t inflate_start(ByteView stream, std::span<std::byte> out);

/// The most bytes that any known compressor's stream of `size` bytes takes. Source: zlib's
/// deflateBound for settings it knows nothing about.
std::uint64_t largest_stream(std::uint64_t size) noexcept;

/// Whether a stream of `stream` bytes can hold `size` bytes: deflate shrinks 1032 times at best. So
/// a lying size is found out before memory is taken for it.
bool can_inflate_to(std::uint64_t stream, std::uint64_t size) noexcept;

/// @param before  the CRC-32 of what comes before `bytes`
std::uint32_t crc32(ByteView bytes, std::uint32_t before = 0) noexcept;

}  // namespace stravinsky
