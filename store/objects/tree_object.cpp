#include "objects/tree_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostEntries = 5'000'000;

std::string_view text_of(GitMode mode) {
  switch (mode) {
    case GitMode::File:
      return "100644";
    case GitMode::Executable:
      return "100755";
    case GitMode::Symlink:
      return "120000";
    case GitMode::Tree:
      return "40000";
  }
  return "0";
}

std::optional<GitMode> parse_mode(std::string_view text) {
  for (const GitMode mode : {GitMode::File, GitMode::Tree, GitMode::Executable, GitMode::Symlink}) {
    if (text == text_of(mode)) return mode;
  }
  return std::nullopt;
}

/// git's order: bytewise, a tree's name as if it ended in '/'. 0 only for one name and one kind.
int compare(const TreeEntry& a, const TreeEntry& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  if (const int order = a.name.compare(0, common, b.name, 0, common); order != 0) return order;
  const auto next = [&](const TreeEntry& entry) -> int {
    if (entry.name.size() > common) return static_cast<unsigned char>(entry.name[common]);
    return entry.mode == GitMode::Tree ? '/' : 0;
  };
  return next(a) - next(b);
}

[[noreturn]] void refuse(Errc code, const ObjectId& id, std::string_view why) {
  throw Error(code, fmt::format("cannot use tree '{}'", id.hex()), std::string(why));
}

/// A file `d` sorts well before a tree `d`, and what lies between starts with `d` too. Each entry
/// is passed at most once for each byte of its name, so hostile trees cost no square.
bool file_of_that_name(const std::vector<TreeEntry>& entries, const std::string& name) {
  for (auto it = entries.rbegin(); it != entries.rend() && it->name.starts_with(name); ++it) {
    if (it->name.size() == name.size()) return true;
  }
  return false;
}

void check_name(const std::string& name, const ObjectId& id) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    refuse(Errc::Hostile, id, fmt::format("an entry is named {}", quoted(name)));
  }
  if (name.size() > kLongestName) {
    refuse(Errc::Hostile, id, fmt::format("an entry's name is {} bytes long", name.size()));
  }
}

void check_order(const std::vector<TreeEntry>& entries, const TreeEntry& entry,
                 const ObjectId& id) {
  const int order = entries.empty() ? -1 : compare(entries.back(), entry);
  if (order == 0 || (entry.mode == GitMode::Tree && file_of_that_name(entries, entry.name))) {
    refuse(Errc::Hostile, id, fmt::format("two entries are named {}", quoted(entry.name)));
  }
  if (order > 0) {
    refuse(Errc::Corrupt, id, fmt::format("entry {} is out of order", quoted(entry.name)));
  }
}

}  // namespace

std::string encode_tree(std::vector<TreeEntry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return compare(a, b) < 0; });
  std::size_t size = 0;
  for (const TreeEntry& entry : entries) size += entry.name.size() + 8 + ObjectId::kSize;
  std::string bytes;
  bytes.reserve(size);
  for (const TreeEntry& entry : entries) {
    bytes += text_of(entry.mode);
    bytes += ' ';
    bytes += entry.name;
    bytes += '\0';
    bytes += entry.id.raw();
  }
  return bytes;
}

std::vector<TreeEntry> parse_tree(std::string_view bytes, const ObjectId& id) {
  std::vector<TreeEntry> entries;
  while (!bytes.empty()) {
    const std::size_t space = bytes.substr(0, 8).find(' ');
    const std::size_t end = bytes.find('\0');
    if (space == std::string_view::npos || end == std::string_view::npos || end < space ||
        bytes.size() - end - 1 < ObjectId::kSize) {
      refuse(Errc::Corrupt, id, "it is cut short or not a tree");
    }
    const std::optional<GitMode> mode = parse_mode(bytes.substr(0, space));
    if (!mode) {
      refuse(Errc::Corrupt, id,
             fmt::format("an entry has the mode {}", quoted(bytes.substr(0, space))));
    }
    TreeEntry entry{*mode, std::string(bytes.substr(space + 1, end - space - 1)),
                    ObjectId::from_raw(bytes.data() + end + 1)};
    check_name(entry.name, id);
    check_order(entries, entry, id);
    if (entry.id.is_zero()) {
      refuse(Errc::Corrupt, id, fmt::format("entry {} points nowhere", quoted(entry.name)));
    }
    if (entries.size() == kMostEntries) refuse(Errc::Hostile, id, "it has too many entries");
    entries.push_back(std::move(entry));
    bytes.remove_prefix(end + 1 + ObjectId::kSize);
  }
  return entries;
}

}  // namespace stravinsky
