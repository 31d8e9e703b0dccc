#include "refs/snapshot_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace stravinsky {
namespace {

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestEscaped = 250;
constexpr std::array<std::string_view, 6> kWords = {"latest",    "current", "previous",
                                                    "last-good", "head",    "fetch_head"};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    const bool c1 =
        byte == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0;
    if (c1) return true;
  }
  return false;
}

/// Whether the byte at `i` must be escaped.
bool must_escape(std::string_view name, std::size_t i) {
  const char c = name[i];
  if (std::string_view(" ~^:?*[\\/%").find(c) != std::string_view::npos) return true;
  if (i == 0 && (c == '.' || c == '-')) return true;
  if (i > 0 && c == '.' && name[i - 1] == '.') return true;
  if (i > 0 && c == '{' && name[i - 1] == '@') return true;
  if (i + 1 == name.size() && (c == '.' || name.ends_with(".lock"))) return true;
  return name == "@";
}

/// Whether a REF of this form means something else than a name. @param folded  lowered
std::optional<std::string> fault_of_words(std::string_view folded) {
  const auto is_word = [](std::string_view text) {
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  };
  if (is_word(folded)) return "the word has a meaning";
  if (is_word(folded.substr(0, folded.find('~')))) return "the word with '~' has a meaning";
  if (folded.starts_with("refs/") || folded.starts_with("tags/")) return "it reads as a full ref";
  if (folded.starts_with('@')) return "a leading '@' means a time";
  if (folded.ends_with("@release")) return "'@release' means a release as delivered";
  return std::nullopt;
}

}  // namespace

std::string fold_case(std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), fold);
  return folded;
}

bool are_equal_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, fold, fold);
}

std::optional<std::string> fault_of_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kLongestName) return fmt::format("it has more than {} bytes", kLongestName);
  if (!is_utf8(name)) return "it is not UTF-8";
  if (has_control(name)) return "it holds a control character";
  const std::string folded = fold_case(name);
  if (auto fault = fault_of_words(folded)) return fault;
  // After a profile's name it would be PROFILE/WORD; which profiles there will be nobody knows.
  if (const std::size_t slash = folded.find('/'); slash != std::string::npos) {
    if (fault_of_words(folded.substr(slash + 1))) return "after a '/' the word has a meaning";
  }
  if (folded.size() >= 7 && folded.size() <= 40 &&
      std::all_of(folded.begin(), folded.end(), is_hex)) {
    return "it could be the start of a commit id";
  }
  if (escape_snapshot_name(name).size() > kLongestEscaped) return "it is too long once escaped";
  return std::nullopt;
}

std::optional<std::string> fault_of_version(std::string_view version) {
  return fault_of_words(fold_case(version));
}

std::string escape_snapshot_name(std::string_view name) {
  std::string escaped;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (must_escape(name, i)) {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(name[i]));
    } else {
      escaped += name[i];
    }
  }
  return escaped;
}

std::optional<std::string> unescape_snapshot_name(std::string_view escaped) {
  std::string name;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '%') {
      name += escaped[i];
      continue;
    }
    const auto value =
        escaped.size() - i < 3 ? std::nullopt : parse_unsigned(escaped.substr(i + 1, 2), 16);
    if (!value) return std::nullopt;
    name += static_cast<char>(*value);
    i += 2;
  }
  if (escape_snapshot_name(name) != escaped) return std::nullopt;
  return name;
}

RefName snapshot_ref(std::string_view profile, std::string_view name) {
  return RefName::parse(fmt::format("refs/tags/{}/{}", profile, escape_snapshot_name(name)));
}
RefName story_ref(std::string_view profile) {
  return RefName::parse(fmt::format("refs/heads/{}", profile));
}
RefName current_ref(std::string_view profile) {
  return RefName::parse(fmt::format("refs/stravinsky/current/{}", profile));
}
RefName good_ref(std::string_view profile) {
  return RefName::parse(fmt::format("refs/stravinsky/good/{}", profile));
}
RefName notes_ref(std::string_view profile) {
  return RefName::parse(fmt::format("refs/stravinsky/notes/{}", profile));
}

RefName upstream_ref(std::string_view profile) {
  return RefName::parse(fmt::format("refs/heads/upstream/{}", profile));
}

}  // namespace stravinsky
