#include "stravinsky/ref_name.hpp"

#include <fmt/format.h>

#include <array>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// By byte: what stands in no ref name. A store may have ten thousand of them to look at.
constexpr std::array<bool, 256> kForbidden = [] {
  std::array<bool, 256> forbidden{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) forbidden[byte] = true;
  for (const char c : std::string_view(" ~^:?*[\\\x7f")) {
    forbidden[static_cast<unsigned char>(c)] = true;
  }
  return forbidden;
}();

}  // namespace

bool RefName::is_valid(std::string_view text) noexcept {
  if (!text.starts_with("refs/") || text.size() > 4096) return false;
  if (text.ends_with('/') || text.ends_with('.')) return false;
  char previous = '/';
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '/';
    if (c == '/') {
      const std::string_view part = text.substr(start, i - start);
      if (part.empty() || part.starts_with('.') || part.ends_with(".lock")) return false;
      start = i + 1;
    }
    if (kForbidden[static_cast<unsigned char>(c)]) return false;
    if (previous == '.' && c == '.') return false;
    if (previous == '@' && c == '{') return false;
    previous = c;
  }
  return true;
}

RefName RefName::parse(std::string_view text) {
  if (!is_valid(text)) {
    throw Error(Errc::Invalid, fmt::format("cannot use {} as a ref name", quoted(text)),
                "git would refuse it", "see `git help check-ref-format`");
  }
  return RefName(std::string(text));
}

}  // namespace stravinsky
