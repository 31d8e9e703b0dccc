#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "core/hash.hpp"
#include "metadata/mtree.hpp"
#include "objects/tree_object.hpp"
#include "stravinsky/error.hpp"
#include "tree/directory.hpp"
#include "tree/escape.hpp"
#include "tree/layout.hpp"

namespace stravinsky {
namespace {

/// Bytes of a line for a plain file with owner names, so that the text seldom moves as it grows.
constexpr std::size_t kUsualLine = 200;

/// A blob, or a tree of parts for a directory of more than 4,096 entries.
/// @param digest  set to the SHA-256 of the whole text
TreeEntry write_mtree(ObjectWriter& writer, std::string_view text, std::size_t entries,
                      Sha256& digest) {
  if (entries <= kMaxEntriesInOnePart) {
    const HashedContent content = hash_content(ObjectType::Blob, as_bytes(text));
    writer.put(ObjectType::Blob, content);
    digest = content.digest;
    return {GitMode::File, kMtreeName, content.id};
  }
  digest = sha256(text);
  const std::vector<std::size_t> starts = mtree_parts(text);
  std::vector<TreeEntry> parts;
  parts.reserve(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    const std::string_view part = text.substr(starts[i], end - starts[i]);
    parts.push_back({GitMode::File, part_name(i), writer.put(ObjectType::Blob, part)});
  }
  return {GitMode::Tree, kMtreeName, writer.put(ObjectType::Tree, encode_tree(parts))};
}

}  // namespace

std::vector<TreeEntry> content_entries(const Directory& directory, Position position) {
  std::vector<TreeEntry> entries;
  for (const Node& node : directory.nodes) {
    const std::optional<GitMode> mode = content_mode(node.entry);
    const bool is_directory = node.entry.type == EntryType::Directory;
    if (!mode || (is_directory && node.directory.tree == kEmptyTree)) continue;
    entries.push_back({*mode,
                       escape_name(node.entry.name, kind_of(node.entry), position == Position::Top),
                       is_directory ? node.directory.tree : node.content});
  }
  return entries;
}

StoredDirectory write_directory(ObjectWriter& writer, const Directory& directory,
                                Position position) {
  const std::size_t count = directory.nodes.size();
  if (count > kMaxTreeEntries) {
    throw Error(Errc::Invalid, fmt::format("cannot store a directory of {} entries", count),
                fmt::format("{} is the most that readers take", kMaxTreeEntries));
  }
  StoredDirectory stored;
  // One after the other: of a large directory each of these takes as much as all before it.
  if (std::vector<TreeEntry> content = content_entries(directory, position); !content.empty()) {
    stored.tree = writer.put(ObjectType::Tree, encode_tree(content));
  }
  std::vector<const Entry*> lines;
  std::vector<TreeEntry> meta;
  lines.reserve(count);
  for (const Node& node : directory.nodes) {
    lines.push_back(&node.entry);
    if (node.entry.type != EntryType::Directory) continue;
    assert(node.entry.digest == node.directory.digest);
    meta.push_back({GitMode::Tree,
                    escape_name(node.entry.name, NameKind::Other, position == Position::Top),
                    node.directory.meta});
  }

  std::string text;
  text.reserve((count + 1) * kUsualLine);
  encode_mtree(directory.self, lines, text);

  meta.push_back(write_mtree(writer, text, count, stored.digest));
  stored.meta = writer.put(ObjectType::Tree, encode_tree(meta));
  return stored;
}

}  // namespace stravinsky
