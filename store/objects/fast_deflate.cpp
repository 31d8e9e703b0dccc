#include "objects/fast_deflate.hpp"

#if STRAVINSKY_HAS_ISAL
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#endif

namespace stravinsky {

#if STRAVINSKY_HAS_ISAL

bool has_fast_deflate() noexcept { return true; }

std::size_t fast_deflate(std::span<std::byte> out, ByteView content) {
  struct Tables {
    isal_zstream stream{};
    std::unique_ptr<std::uint8_t[]> level = std::make_unique<std::uint8_t[]>(ISAL_DEF_LVL1_DEFAULT);
  };
  thread_local const auto tables = std::make_unique<Tables>();
  if (content.size() > std::numeric_limits<std::uint32_t>::max()) return 0;
  isal_zstream& stream = tables->stream;
  isal_deflate_stateless_init(&stream);
  stream.level = 1;
  stream.level_buf = tables->level.get();
  stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
  stream.gzip_flag = IGZIP_ZLIB;
  stream.end_of_stream = 1;
  // The library's pointers are not const, and it only reads through this one.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(content.data()));
  stream.avail_in = static_cast<std::uint32_t>(content.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(
      std::min<std::size_t>(out.size(), std::numeric_limits<std::uint32_t>::max()));
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) return 0;
  return stream.total_out;
}

#else

bool has_fast_deflate() noexcept { return false; }

std::size_t fast_deflate(std::span<std::byte>, ByteView) { return 0; }

#endif

}  // namespace stravinsky
