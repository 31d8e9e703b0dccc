#include "restore/plan_removal.hpp"

#include <utility>

#include "scan/excluder.hpp"
#include "snapshots/path.hpp"
#include "stravinsky/update.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {

bool is_directory(const Node* node) noexcept {
  return node != nullptr && node->entry.type == EntryType::Directory;
}

std::optional<Selected> RemovalPlanner::choose(const Selected& above, const std::string& directory,
                                               const Node& node) const {
  return source_.selection.choose(above, directory, node.entry.name, is_directory(&node));
}

const std::optional<std::string>& RemovalPlanner::read_rules(const std::string& path) {
  const auto [known, is_new] = rules_.try_emplace(path);
  if (!is_new) return known->second;
  const Node* rules = target_.find(path);
  if (rules == nullptr || rules->entry.type != EntryType::File) return known->second;
  std::string& text = known->second.emplace();
  read_content(source_.directories.database(), rules->entry, rules->content, path,
               [&](ByteView piece) { text += as_text(piece); });
  return known->second;
}

bool RemovalPlanner::is_left_out(const std::string& path) {
  // What the profile leaves out was not captured: only where there are such files may it be.
  bool any_rules = false;
  for (std::string at = path; !at.empty() && !any_rules;) {
    at = parent_path(at);
    any_rules = read_rules(join_path(at, kIgnoreFile)).has_value();
  }
  const auto read = [this](const std::string& at) { return read_rules(at); };
  return any_rules && !find_unmanaged(source_.profile, {path}, read).empty();
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
      whole = !is_left_out(child);
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
    if (is_left_out(level.path)) {
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
