#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stravinsky {

/// Whether mtree text holds this byte as it is: `!` to `~` without `\`, `#` and `=`.
constexpr bool is_plain(unsigned char byte) noexcept {
  return byte > 0x20 && byte < 0x7F && byte != '\\' && byte != '#' && byte != '=';
}

/// The raw bytes of what `append_vis` wrote; empty result for anything it does not write.
std::optional<std::string> decode_vis(std::string_view text);

}  // namespace stravinsky
