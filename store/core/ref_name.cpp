#include "stravinsky/ref_name.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// What a byte means in a ref name. A store may have ten thousand names to look at, and most bytes
/// of theirs ask for nothing.
enum class Role : std::uint8_t { Plain, Slash, Dot, Brace, Forbidden };

constexpr std::array<Role, 256> kRoles = [] {
  std::array<Role, 256> roles{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) roles[byte] = Role::Forbidden;
  for (const char c : std::string_view(" ~^:?*[\\\x7f")) {
    roles[static_cast<unsigned char>(c)] = Role::Forbidden;
  }
  roles['/'] = Role::Slash;
  roles['.'] = Role::Dot;
  roles['{'] = Role::Brace;
  return roles;
}();

bool is_valid_part(std::string_view part) {
  return !part.empty() && !part.starts_with('.') && !part.ends_with(".lock");
}

}  // namespace

bool RefName::is_valid(std::string_view text) noexcept {
  if (!text.starts_with("refs/") || text.size() > 4096) return false;
  if (text.ends_with('.')) return false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Role role = kRoles[static_cast<unsigned char>(text[i])];
    if (role == Role::Plain) continue;
    if (role == Role::Forbidden) return false;
    if (role == Role::Slash) {
      if (!is_valid_part(text.substr(start, i - start))) return false;
      start = i + 1;
    } else if (text[i - 1] == (role == Role::Dot ? '.' : '@')) {
      return false;
    }
  }
  return is_valid_part(text.substr(start));
}

RefName RefName::parse(std::string_view text) {
  if (!is_valid(text)) {
    throw Error(Errc::Invalid, fmt::format("cannot use {} as a ref name", quoted(text)),
                "git would refuse it", "see `git help check-ref-format`");
  }
  return RefName(std::string(text));
}

}  // namespace stravinsky
