#include "metadata/vis.hpp"

#include "metadata/mtree.hpp"

namespace stravinsky {

void append_vis(std::string_view raw, std::string& out) {
  std::size_t written = 0;  // bytes of `raw` that are in `out`
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto byte = static_cast<unsigned char>(raw[i]);
    if (is_plain(byte)) continue;
    const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                          static_cast<char>('0' + (byte >> 3 & 7)),
                          static_cast<char>('0' + (byte & 7))};
    out.append(raw, written, i - written);
    out.append(octal, sizeof octal);
    written = i + 1;
  }
  out.append(raw, written);
}

std::optional<std::string> decode_vis(std::string_view text) {
  std::string raw;
  raw.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(static_cast<unsigned char>(text[i]))) {
      raw += text[i];
      continue;
    }
    if (text[i] != '\\' || text.size() - i < 4) return std::nullopt;
    unsigned byte = 0;
    for (std::size_t k = 1; k <= 3; ++k) {
      if (text[i + k] < '0' || text[i + k] > '7') return std::nullopt;
      byte = byte * 8 + static_cast<unsigned>(text[i + k] - '0');
    }
    // A byte that stands for itself has no second spelling.
    if (byte > 0xFF || is_plain(static_cast<unsigned char>(byte))) return std::nullopt;
    raw += static_cast<char>(byte);
    i += 3;
  }
  return raw;
}

}  // namespace stravinsky
