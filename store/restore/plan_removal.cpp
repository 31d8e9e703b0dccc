#include "restore/plan_removal.hpp"

#include <utility>

#include "snapshots/path.hpp"

namespace stravinsky {

bool is_directory(const Node* node) noexcept {
  return node != nullptr && node->entry.type == EntryType::Directory;
}

std::optional<Selected> RemovalPlanner::choose(const Selected& above, const std::string& directory,
                                               const Node& node) const {
  return source_.selection.choose(above, directory, node.entry.name, is_directory(&node));
}

bool RemovalPlanner::goes_whole(const std::string& path, const Node& present,
                                const Selected& selected, std::vector<PlanItem>& inside) {
  std::vector<std::pair<std::string, std::pair<Selected, StoredDirectory>>> levels{
      {path, {selected, present.directory}}};
  bool whole = selected.whole();
  const std::size_t blockers = draft_.plan.shown.blockers.size();
  while (!levels.empty() && whole) {
    const auto [at, level] = std::move(levels.back());
    levels.pop_back();
    const auto directory = source_.live->read(level.second, at);
    whole = whole && directory->self.mtime.has_value();
    require_mutable(at, directory->self);
    inside.push_back({at, PlanItem::Action::Delete, EntryType::Directory, {}});
    for (const Node& node : directory->nodes) {
      const auto chosen = choose(level.first, at, node);
      whole = whole && chosen && chosen->whole();
      if (!whole) break;
      const std::string child = join_path(at, node.entry.name);
      whole = !left_out_.has(child, is_directory(&node));
      if (!whole) break;
      if (is_directory(&node)) {
        levels.push_back({child, {*chosen, node.directory}});
      } else {
        require_mutable(child, node.entry);
        inside.push_back({child, PlanItem::Action::Delete, node.entry.type, {}});
      }
    }
  }
  if (!whole) draft_.plan.shown.blockers.resize(blockers);  // it stays, so nothing is in the way
  return whole;
}

void RemovalPlanner::delete_all(const std::vector<PlanItem>& inside) {
  for (const PlanItem& item : inside) {
    draft_.plan.shown.items.push_back(item);
    if (item.type == EntryType::Directory) continue;
    ++draft_.plan.shown.deleted;
    ++draft_.plan.live_unlike;
  }
}

void RemovalPlanner::count_kept(const std::string& top, const Node& present) {
  std::vector<std::pair<std::string, Node>> levels{{top, present}};
  while (!levels.empty()) {
    const auto [path, node] = std::move(levels.back());
    levels.pop_back();
    if (!is_directory(&node)) {
      ++draft_.plan.live_unlike;
      continue;
    }
    const auto directory = source_.live->read(node.directory, path);
    for (const Node& child : directory->nodes) {
      levels.emplace_back(join_path(path, child.entry.name), child);
    }
  }
}

void RemovalPlanner::remove(const std::string& top, const Node& present, const Selected& selected) {
  struct Level {
    std::string path;
    Node node;
    Selected selected;
  };
  std::vector<Level> levels{{top, present, selected}};
  while (!levels.empty()) {
    const Level level = std::move(levels.back());
    levels.pop_back();
    std::vector<PlanItem> inside;
    if (left_out_.has(level.path, is_directory(&level.node))) {
      draft_.plan.left_out.push_back(level.path);
      count_kept(level.path, level.node);
      continue;
    }
    if (!is_directory(&level.node)) {
      if (!level.selected.whole()) continue;
      require_mutable(level.path, level.node.entry);
      inside.push_back({level.path, PlanItem::Action::Delete, level.node.entry.type, {}});
    } else if (!goes_whole(level.path, level.node, level.selected, inside)) {
      // It stays for what it holds besides; of what was captured in it all goes.
      const std::size_t before = levels.size();
      const auto directory = source_.live->read(level.node.directory, level.path);
      for (const Node& node : directory->nodes) {
        const auto chosen = choose(level.selected, level.path, node);
        if (chosen) levels.push_back({join_path(level.path, node.entry.name), node, *chosen});
      }
      if (levels.size() > before) draft_.plan.directories.push_back({level.path, false, false});
      continue;
    }
    delete_all(inside);
    draft_.push(SwitchKind::Remove, level.path);
    draft_.plan.live.remember(level.path, level.node);
  }
}

}  // namespace stravinsky
