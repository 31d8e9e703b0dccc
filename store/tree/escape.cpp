#include "tree/escape.hpp"

#include <array>
#include <cstdint>

namespace stravinsky {
namespace {

// git refuses a tree, or warns of it, when a checkout on macOS or Windows could take one of its
// names for a file that git obeys. The rules below are docs/format.md, "Escaping"; `git fsck
// --strict` is the referee in the tests. Where they go beyond git (names after a backslash, U+017F)
// they only escape more.

/// A file that git obeys.
struct Target {
  std::string_view name;    ///< without its dot
  std::string_view hashed;  ///< first letters of the 8.3 form NTFS falls back to; empty for .git
  bool only_symlinks;       ///< harmless unless it is a symlink
};

constexpr std::array<Target, 5> kTargets{{
    {"git", "", false},
    {"gitmodules", "gi7eba", false},
    {"gitattributes", "gi7d29", false},
    {"gitignore", "gi250a", true},
    {"mailmap", "maba30", true},
}};

constexpr char kHexDigits[] = "0123456789ABCDEF";

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_caseless(std::string_view text, std::string_view lower_prefix) noexcept {
  if (text.size() < lower_prefix.size()) return false;
  for (std::size_t i = 0; i < lower_prefix.size(); ++i) {
    if (lower(text[i]) != lower_prefix[i]) return false;
  }
  return true;
}

/// The next code point as git decodes it, taken off `text`; 0 at its end and, for good, at the
/// first byte that is not UTF-8 (which git counts U+FFFE and U+FFFF among).
std::uint32_t next_code_point(std::string_view& text) noexcept {
  static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80       ? 1
                             : first >> 5 == 6  ? 2
                             : first >> 4 == 14 ? 3
                             : first >> 3 == 30 ? 4
                                                : 0;
  std::uint32_t value = length == 1 ? first : first & (0x7FU >> length);
  bool valid = length != 0 && text.size() >= length;
  for (std::size_t i = 1; valid && i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    valid = (byte & 0xC0) == 0x80;
    value = value << 6 | (byte & 0x3F);
  }
  valid = valid && value >= kSmallest[length] && value <= 0x10FFFF && value >> 11 != 0x1B &&
          value != 0xFFFE && value != 0xFFFF;
  text = valid ? text.substr(length) : std::string_view();
  return valid ? value : 0;
}

bool is_ignored_by_hfs(std::uint32_t point) noexcept {
  return (point >= 0x200C && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x206A && point <= 0x206F) || point == 0xFEFF;
}

/// The next code point that HFS+ compares, folded to lower case.
std::uint32_t next_hfs(std::string_view& text) noexcept {
  std::uint32_t point = next_code_point(text);
  while (is_ignored_by_hfs(point)) point = next_code_point(text);
  if (point == 0x017F) return 's';
  if (point == 0x212A) return 'k';
  return point < 0x80 ? static_cast<unsigned char>(lower(static_cast<char>(point))) : point;
}

bool is_on_hfs(std::string_view name, const Target& target) noexcept {
  if (next_hfs(name) != '.') return false;
  for (const char c : target.name) {
    if (next_hfs(name) != static_cast<unsigned char>(c)) return false;
  }
  return next_hfs(name) == 0;
}

/// Whether nothing but dots and spaces stands before `end` or an end given by `ends`.
bool ends_for_ntfs(std::string_view rest, std::string_view ends) noexcept {
  const std::size_t next = rest.find_first_not_of(". ");
  return next == std::string_view::npos || ends.find(rest[next]) != std::string_view::npos;
}

/// git's own 8.3 guess for a name whose six first letters are taken already: up to six letters of
/// `hashed`, '~', a number without leading zeros, eight characters together.
bool is_hashed_form(std::string_view name, std::string_view hashed) noexcept {
  if (name.size() < 8) return false;
  const std::size_t tilde = name.substr(0, 7).find('~');
  if (tilde == std::string_view::npos || !starts_with_caseless(name, hashed.substr(0, tilde))) {
    return false;
  }
  const std::string_view digits = name.substr(tilde + 1, 7 - tilde);
  return digits[0] != '0' && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_on_ntfs(std::string_view name, const Target& target) noexcept {
  const bool git = target.hashed.empty();
  // git takes a backslash for the end of `.git` alone: what lies below the others is harmless.
  const std::string_view ends = git ? ":\\" : ":";
  if (name.starts_with('.') && starts_with_caseless(name.substr(1), target.name)) {
    if (ends_for_ntfs(name.substr(1 + target.name.size()), ends)) return true;
  }
  if (git) return starts_with_caseless(name, "git~1") && ends_for_ntfs(name.substr(5), ends);
  const bool numbered = name.size() >= 8 && starts_with_caseless(name, target.name.substr(0, 6)) &&
                        name[6] == '~' && name[7] >= '1' && name[7] <= '4';
  return (numbered || is_hashed_form(name, target.hashed)) && ends_for_ntfs(name.substr(8), ends);
}

bool is_obeyed_by_git(std::string_view name, NameKind kind) noexcept {
  for (const Target& target : kTargets) {
    if (target.only_symlinks && kind != NameKind::Symlink) continue;
    if (is_on_hfs(name, target) || is_on_ntfs(name, target)) return true;
  }
  return false;
}

/// Whether a name could be one of the targets in any spelling: a dot, an invisible code point, or
/// the first letter of an 8.3 form. Nearly every name of a tree ends here.
bool may_be_obeyed(std::string_view name) noexcept {
  if (name.empty()) return false;
  switch (name[0]) {
    case '.':
    case '~':
    case 'g':
    case 'G':
    case 'm':
    case 'M':
    case '\xE2':
    case '\xEF':
      return true;
    default:
      return false;
  }
}

bool needs_escape(std::string_view name, NameKind kind, bool at_top) noexcept {
  if (name.starts_with('%') || (at_top && name == ".stravinsky")) return true;
  while (true) {
    if (may_be_obeyed(name) && is_obeyed_by_git(name, kind)) return true;
    const std::size_t backslash = name.find('\\');
    if (backslash == std::string_view::npos) return false;
    name.remove_prefix(backslash + 1);
  }
}

int upper_hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_file_name(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::string escape_name(std::string_view name, NameKind kind, bool at_top) {
  if (!needs_escape(name, kind, at_top)) return std::string(name);
  std::string stored;
  stored.reserve(name.size() + 8);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (i == 0 || byte == '\\' || byte == '%') {
      stored += '%';
      stored += kHexDigits[byte >> 4];
      stored += kHexDigits[byte & 15];
    } else {
      stored += name[i];
    }
  }
  return stored;
}

std::optional<std::string> unescape_name(std::string_view stored) {
  if (!stored.starts_with('%')) {
    // What must be escaped whatever it is and wherever it lies never stands as it is.
    if (!is_file_name(stored) || needs_escape(stored, NameKind::Other, false)) return std::nullopt;
    return std::string(stored);
  }
  std::string name;
  name.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] != '%') {
      if (stored[i] == '\\') return std::nullopt;
      name += stored[i];
      continue;
    }
    if (stored.size() - i < 3) return std::nullopt;
    const int high = upper_hex(stored[i + 1]), low = upper_hex(stored[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const auto byte = static_cast<char>(high * 16 + low);
    if (i != 0 && byte != '\\' && byte != '%') return std::nullopt;
    name += byte;
    i += 2;
  }
  // Nor does a name come escaped that no kind of entry and no place asks for.
  if (!is_file_name(name) || !needs_escape(name, NameKind::Symlink, true)) return std::nullopt;
  return name;
}

}  // namespace stravinsky
