#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace stravinsky {

/// Content, borrowed.
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace stravinsky
