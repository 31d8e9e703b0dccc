#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "objects/tree_object.hpp"
#include "stravinsky/entry.hpp"
#include "tree/escape.hpp"

namespace stravinsky {

/// Names that no entry has in a git tree: escaping keeps them free.
inline constexpr char kMtreeName[] = "%mtree";
inline constexpr char kReservedName[] = ".stravinsky";

/// `000000`, `000001`, …
inline std::string part_name(std::size_t index) { return fmt::format("{:06}", index); }

inline NameKind kind_of(const Entry& entry) noexcept {
  return entry.type == EntryType::Symlink ? NameKind::Symlink : NameKind::Other;
}

/// The mode with which the entry's content stands in the git tree; empty for what has none.
inline std::optional<GitMode> content_mode(const Entry& entry) noexcept {
  switch (entry.type) {
    case EntryType::File:
      if (entry.chunks != 0) return GitMode::Tree;
      return (entry.mode & 0100) != 0 ? GitMode::Executable : GitMode::File;
    case EntryType::Directory:
      return GitMode::Tree;
    case EntryType::Symlink:
      return GitMode::Symlink;
    default:
      return std::nullopt;
  }
}

}  // namespace stravinsky
