#include "snapshots/stored_tree.hpp"

#include <algorithm>

#include "snapshots/path.hpp"

namespace stravinsky {

void KnownNodes::remember(const std::string& path, const Node& node) {
  if (nodes_.size() < kMostKept) nodes_.insert_or_assign(path, node);
}

void KnownNodes::remember(const std::string& path, const StoredDirectory& directory,
                          const Entry& self) {
  Node node;
  node.entry = self;
  node.entry.name = path.empty() ? self.name : std::string(last_name(path));
  node.entry.digest = directory.digest;
  node.directory = directory;
  remember(path, node);
}

const Node* KnownNodes::find(const std::string& path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Directory> StoredTree::find_directory(const std::string& path) {
  while (!levels_.empty() && !is_at_or_below(path, levels_.back().path)) levels_.pop_back();
  if (levels_.empty()) levels_.push_back({"", directories_->read(top_, "")});
  const std::string& reached = levels_.back().path;
  const std::string rest =
      path.substr(reached.empty() ? 0 : std::min(path.size(), reached.size() + 1));
  for (const std::string& name : split_path(rest)) {
    const Node* node = find_node(*levels_.back().directory, name);
    if (node == nullptr || node->entry.type != EntryType::Directory) return nullptr;
    std::string below = join_path(levels_.back().path, name);
    std::shared_ptr<const Directory> directory = directories_->read(node->directory, below);
    levels_.push_back({std::move(below), std::move(directory)});
  }
  return levels_.back().directory;
}

const Node* StoredTree::find(const std::string& path) {
  if (const Node* known = find_known(path)) return known;
  const auto parent = find_directory(parent_path(path));
  return parent ? find_node(*parent, last_name(path)) : nullptr;
}

std::optional<Entry> StoredTree::find_entry(const std::string& path) {
  if (const Node* known = find_known(path);
      known != nullptr &&
      (known->entry.type != EntryType::Directory || known->entry.has_attributes)) {
    return known->entry;
  }
  if (path.empty()) {
    Entry entry = find_directory("")->self;
    entry.digest = top_.digest;
    return entry;
  }
  const Node* node = find(path);
  if (node == nullptr || node->entry.type != EntryType::Directory) {
    return node == nullptr ? std::nullopt : std::optional(node->entry);
  }
  Entry entry = node->entry;
  Entry self = find_directory(path)->self;
  self.name = entry.name;
  self.digest = entry.digest;
  return self;
}

}  // namespace stravinsky
