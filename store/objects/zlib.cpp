#include "objects/zlib.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "objects/fast_deflate.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kSampled = 128 * 1024;  // content from here on is sampled first
constexpr std::size_t kSamples = 4, kSampleSize = 4096;

template <typename T, void (*Free)(T*)>
struct FreeWith {
  void operator()(T* object) const noexcept { Free(object); }
};
using Compressor = std::unique_ptr<libdeflate_compressor,
                                   FreeWith<libdeflate_compressor, libdeflate_free_compressor>>;
using Decompressor =
    std::unique_ptr<libdeflate_decompressor,
                    FreeWith<libdeflate_decompressor, libdeflate_free_decompressor>>;

libdeflate_compressor* compressor(int level) {
  thread_local std::array<Compressor, 10> kept;
  Compressor& made = kept.at(static_cast<std::size_t>(level));
  if (!made) made.reset(libdeflate_alloc_compressor(level));
  if (!made) throw std::bad_alloc();
  return made.get();
}

libdeflate_decompressor* decompressor() {
  thread_local Decompressor kept(libdeflate_alloc_decompressor());
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

/// What `size` bytes must shrink to, to be worth inflating.
std::size_t worth(std::size_t size) { return size - size / 50; }

/// The stream's length; 0 when it does not fit into `out`.
std::size_t compress(std::span<std::byte> out, ByteView content, int level) {
  if (level == 1 && has_fast_deflate()) return fast_deflate(out, content);
  return libdeflate_zlib_compress(compressor(level), content.data(), content.size(), out.data(),
                                  out.size());
}

bool samples_shrink(ByteView content, int level) {
  std::array<std::byte, kSamples * kSampleSize> sample, packed;
  const std::size_t step = (content.size() - kSampleSize) / (kSamples - 1);
  for (std::size_t i = 0; i < kSamples; ++i) {
    std::memcpy(sample.data() + i * kSampleSize, content.data() + i * step, kSampleSize);
  }
  return compress(std::span(packed).first(worth(sample.size())), sample, level) != 0;
}

}  // namespace

std::size_t zlib_room(std::size_t size) noexcept {
  return libdeflate_zlib_compress_bound(nullptr, size);
}

std::size_t write_zlib(std::span<std::byte> out, ByteView content, int level) {
  if (level != 0 && (content.size() < kSampled || samples_shrink(content, level))) {
    const std::size_t size = compress(out.first(worth(content.size())), content, level);
    if (size != 0) return size;
  }
  return compress(out, content, 0);
}

std::optional<std::size_t> inflate_exactly(ByteView stream, std::span<std::byte> out) {
  std::size_t taken = 0;
  const libdeflate_result result = libdeflate_zlib_decompress_ex(
      decompressor(), stream.data(), stream.size(), out.data(), out.size(), &taken, nullptr);
  if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
  return taken;
}

std::size_t inflate_start(ByteView stream, std::span<std::byte> out) {
  std::size_t given = 0;
  const libdeflate_result result = libdeflate_zlib_decompress(
      decompressor(), stream.data(), stream.size(), out.data(), out.size(), &given);
  if (result == LIBDEFLATE_SUCCESS) return given;
  // It writes as it goes and stops before a step that does not fit. The largest step is a stored
  // block of 65,535 bytes.
  constexpr std::size_t kLargestStep = 64 * 1024;
  if (result != LIBDEFLATE_INSUFFICIENT_SPACE || out.size() < kLargestStep) return 0;
  return out.size() - kLargestStep;
}

std::uint64_t largest_stream(std::uint64_t size) noexcept {
  return size + (size >> 3) + (size >> 6) + 64;
}

bool can_inflate_to(std::uint64_t stream, std::uint64_t size) noexcept {
  return size / 1032 <= stream;
}

std::uint32_t crc32(ByteView bytes, std::uint32_t before) noexcept {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

}  // namespace stravinsky
