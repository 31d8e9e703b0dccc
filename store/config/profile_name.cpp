#include <algorithm>

#include "core/hash.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::size_t kLongestComponent = 48;
constexpr std::size_t kHashDigits = 6;

bool is_plain(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool is_profile_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongestName || !is_plain(name.front())) return false;
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return is_plain(c) || c == '.' || c == '_' || c == '-';
  });
  if (!legal || name.find("..") != std::string_view::npos) return false;
  if (name.ends_with('.') || name.ends_with(".lock")) return false;
  return name != "audit" && name != "upstream";
}

std::string derived_profile_name(std::string_view component, std::string_view hashed) {
  std::string name;
  for (const char c : component) {
    const char lowered = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_plain(lowered)) {
      name += lowered;
    } else if (!name.empty()) {  // nothing but a letter or digit starts the name
      name += '-';
    }
    if (name.size() == kLongestComponent) break;
  }
  while (name.ends_with('-')) name.pop_back();
  if (name.empty()) name = "root";
  return name + "-" + sha256(hashed).hex().substr(0, kHashDigits);
}

}  // namespace stravinsky
