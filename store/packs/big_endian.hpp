#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace stravinsky {

inline std::uint32_t load_be32(const char* from) noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
  return value;
}

inline std::uint64_t load_be64(const char* from) noexcept {
  return std::uint64_t{load_be32(from)} << 32 | load_be32(from + 4);
}

inline void append_be32(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 255);
}

inline void append_be64(std::string& to, std::uint64_t value) {
  append_be32(to, static_cast<std::uint32_t>(value >> 32));
  append_be32(to, static_cast<std::uint32_t>(value));
}

}  // namespace stravinsky
