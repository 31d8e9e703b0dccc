#include "stravinsky/snapshot_tree.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/stored_tree.hpp"
#include "stravinsky/nearest.hpp"
#include "transaction/store_parts.hpp"
#include "tree/directory.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {

struct SnapshotTree::Parts {
  DirectoryMemo* directories = nullptr;
  std::string snapshot;
  StoredDirectory top;

  /// The directory at `path`; null when there is none.
  std::shared_ptr<const Directory> find_directory(const std::string& path) const {
    return StoredTree(*directories, top).find_directory(path);
  }

  /// An entry as its readers want it: directories with their own attributes.
  Entry full_entry(const Node& node, const std::string& path) const {
    if (node.entry.type != EntryType::Directory) return node.entry;
    Entry entry = directories->read(node.directory, path)->self;
    entry.name = node.entry.name;
    entry.digest = node.entry.digest;
    return entry;
  }

  Error missing(const std::string& path, const std::string& reason) const {
    return Error(Errc::NotFound,
                 fmt::format("cannot read {} in {}", quoted(path), quoted(snapshot)), reason,
                 fmt::format("stravinsky ls {} {}", snapshot, parent_path(path)));
  }
};

SnapshotTree::SnapshotTree(const Store& store, const Snapshot& snapshot)
    : parts_(std::make_unique<Parts>()) {
  parts_->directories = store.parts().directories.get();
  parts_->snapshot = snapshot.name;
  parts_->top = read_snapshot_roots(parts_->directories->database(), snapshot).top;
}
SnapshotTree::~SnapshotTree() = default;
SnapshotTree::SnapshotTree(SnapshotTree&&) noexcept = default;

std::optional<Entry> SnapshotTree::find(const std::string& path) const {
  return StoredTree(*parts_->directories, parts_->top).find_entry(path);
}

std::vector<Entry> SnapshotTree::list(const std::string& path) const {
  const auto directory = parts_->find_directory(path);
  if (!directory) throw parts_->missing(path, "there is no such directory");
  std::vector<Entry> entries;
  for (const Node& node : directory->nodes) {
    entries.push_back(parts_->full_entry(node, join_path(path, node.entry.name)));
  }
  return entries;
}

std::vector<std::string> SnapshotTree::nearest(const std::string& path) const {
  std::string above;
  std::shared_ptr<const Directory> directory = parts_->directories->read(parts_->top, "");
  for (const std::string& name : split_path(path)) {
    const Node* node = find_node(*directory, name);
    if (node != nullptr && node->entry.type == EntryType::Directory) {
      above = join_path(above, name);
      directory = parts_->directories->read(node->directory, above);
      continue;
    }
    std::vector<std::string> names;
    for (const Node& one : directory->nodes) names.push_back(one.entry.name);
    std::vector<std::string> paths;
    for (const std::string& like : stravinsky::nearest(name, names)) {
      paths.push_back(join_path(above, like));
    }
    return paths;
  }
  return {};
}

void SnapshotTree::walk(
    const std::string& path,
    const std::function<bool(const std::string& path, const Entry& entry)>& visit,
    const std::function<void(const std::string& path, const Error& error)>& damaged) const {
  const auto start = parts_->find_directory(path);
  if (!start) throw parts_->missing(path, "there is no such directory");
  // A stack of open directories, since trees may be deeper than the program's own stack allows.
  struct Level {
    std::string path;
    std::shared_ptr<const Directory> directory;
    std::size_t next = 0;
  };
  std::vector<Level> levels;
  levels.push_back({path, start});
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.directory->nodes.size()) {
      levels.pop_back();
      continue;
    }
    const Node& node = level.directory->nodes[level.next++];
    const std::string child = join_path(level.path, node.entry.name);
    if (node.entry.type != EntryType::Directory) {
      visit(child, node.entry);
      continue;
    }
    try {
      auto below = parts_->directories->read(node.directory, child);
      Entry entry = below->self;
      entry.name = node.entry.name;
      entry.digest = node.entry.digest;
      if (visit(child, entry)) levels.push_back({child, std::move(below)});
    } catch (const Error& error) {
      if (!damaged) throw;
      damaged(child, error);
    }
  }
}

void SnapshotTree::read(const std::string& path,
                        const std::function<void(std::span<const std::byte>)>& sink) const {
  const auto parent = parts_->find_directory(parent_path(path));
  const Node* node = parent && !path.empty() ? find_node(*parent, last_name(path)) : nullptr;
  if (path.empty()) {
    throw Error(Errc::Invalid, fmt::format("cannot read the top of {}", quoted(parts_->snapshot)),
                "it is a directory", fmt::format("stravinsky ls {}", parts_->snapshot));
  }
  if (node == nullptr) throw parts_->missing(path, "there is no such path");
  switch (node->entry.type) {
    case EntryType::File:
      read_content(parts_->directories->database(), node->entry, node->content, path, sink);
      return;
    case EntryType::Symlink:
      sink(as_bytes(node->entry.link));
      return;
    default:
      throw Error(
          Errc::Invalid,
          fmt::format("cannot read {} in {}", quoted(path), quoted(parts_->snapshot)),
          node->entry.type == EntryType::Directory ? "it is a directory" : "it is a special file",
          fmt::format("stravinsky ls {} {}", parts_->snapshot, path));
  }
}

}  // namespace stravinsky
