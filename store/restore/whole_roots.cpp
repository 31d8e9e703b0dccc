// Everything that could keep the exchange from being the one step that it promises is looked for
// before: what is found afterwards would already have been seen by a reader.
#include "restore/whole_roots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/mounts.hpp"
#include "fs/other_processes.hpp"
#include "restore/plan_removal.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

constexpr const char* kByEntries = "take `switch` out of the profile's root";

Error refusal(Errc code, const LiveRoot& root, const std::string& why, const std::string& remedy) {
  return Error(code, fmt::format("cannot exchange {} as a whole", quoted(root.path)), why, remedy);
}

bool is_below(const LiveRoot& root, const std::string& path) {
  return is_at_or_below(path, root.mount);
}

bool is_selected(const Selection& selection, const LiveRoot& root) {
  Selected chosen = selection.top();
  if (!root.mount.empty()) {
    const auto below = selection.choose(chosen, "", root.mount, true);
    if (!below) return false;
    chosen = *below;
  }
  return chosen.whole() && !selection.needs_path(chosen);
}

Node find_root_node(const ComparedTree& tree, const LiveRoot& root) {
  Node node;
  node.entry.type = EntryType::Directory;
  node.directory = tree.top;
  if (root.mount.empty()) return node;
  const auto top = tree.read(tree.top, "");
  if (const Node* found = find_node(*top, root.mount)) return *found;
  return node;
}

void require_all_read(const PlanSource& source, const LiveRoot& root) {
  for (const Loss& loss : source.lost) {
    if (!is_below(root, loss.path)) continue;
    throw refusal(loss.kind == Loss::Kind::Unreadable ? Errc::Denied : Errc::Io, root,
                  fmt::format("{} cannot be read: {}", quoted(loss.path), loss.reason),
                  fmt::format("let it be read, or {}", kByEntries));
  }
}

/// All of it is managed, and none of it is immutable: such entries cannot leave with it.
void require_captured_whole(const ComparedTree& live, const LiveRoot& root, PlanDraft& draft) {
  std::vector<std::pair<std::string, StoredDirectory>> levels{
      {root.mount, find_root_node(live, root).directory}};
  while (!levels.empty()) {
    const auto [path, stored] = std::move(levels.back());
    levels.pop_back();
    const auto directory = live.read(stored, path);
    if (!directory->self.mtime) {
      throw refusal(Errc::Invalid, root,
                    fmt::format("{} holds what is not captured", quoted(path.empty() ? "." : path)),
                    kByEntries);
    }
    draft.require_mutable(path, directory->self);
    for (const Node& node : directory->nodes) {
      const std::string below = join_path(path, node.entry.name);
      if (is_directory(&node)) {
        levels.emplace_back(below, node.directory);
      } else {
        draft.require_mutable(below, node.entry);
      }
    }
  }
}

void require_nothing_left_out(const SwitchPlan& plan, const LiveRoot& root) {
  for (const std::string& path : plan.left_out) {
    if (!is_below(root, path)) continue;
    throw refusal(
        Errc::Invalid, root,
        fmt::format("the snapshot's ignore files leave out {}, which would go", quoted(path)),
        fmt::format("move it elsewhere, or {}", kByEntries));
  }
}

void require_nothing_lost(const PlanSource& source, const LiveRoot& root) {
  if (source.options.surplus == Surplus::Remove) return;
  const ComparedTree target = stored_tree(source.directories, source.target);
  for (const Change& change : compare_trees(*source.live, target, {})) {
    if (change.code != 'D' || !is_below(root, change.path)) continue;
    throw refusal(Errc::Invalid, root,
                  fmt::format("{} is not in the snapshot and would go", quoted(change.path)),
                  fmt::format("add --delete, or {}", kByEntries));
  }
}

/// What the plan calls unchanged is made anew, and must come out as it was.
void require_same_owners(const PlanSource& source, const LiveRoot& root) {
  const uid_t user = geteuid();
  if (user == 0 || !source.owners.sets_owner()) return;
  const ComparedTree target = stored_tree(source.directories, source.target);
  std::vector<std::pair<std::string, StoredDirectory>> levels{
      {root.mount, find_root_node(target, root).directory}};
  while (!levels.empty()) {
    const auto [path, stored] = std::move(levels.back());
    levels.pop_back();
    const auto directory = target.read(stored, path);
    const auto require = [&](const std::string& name, const Entry& entry) {
      if (source.owners.user_of(entry) == user) return;
      throw refusal(Errc::Denied, root,
                    fmt::format("{} belongs to user {}, and only root can make it anew so",
                                quoted(name), source.owners.user_of(entry)),
                    kByEntries);
    };
    require(path.empty() ? "." : path, directory->self);
    for (const Node& node : directory->nodes) {
      const std::string below = join_path(path, node.entry.name);
      if (is_directory(&node)) {
        levels.emplace_back(below, node.directory);
      } else {
        require(below, node.entry);
      }
    }
  }
}

void require_nobody_inside(const LiveRoot& root) {
  if (const auto mount = fs::find_mount_at_or_below(root.path)) {
    throw refusal(Errc::Invalid, root, fmt::format("a filesystem is mounted at {}", quoted(*mount)),
                  fmt::format("unmount it, or {}", kByEntries));
  }
  if (const std::string names = fs::name_processes_inside(root.path); !names.empty()) {
    throw refusal(Errc::Busy, root, "directories in it are open in " + names,
                  fmt::format("let them leave it, or {}", kByEntries));
  }
}

bool is_whole_root(const JournalEntry& entry, const LiveRoots& live) {
  const LiveRoot* root = live.find_root(entry.path);
  return entry.kind == SwitchKind::Replace && root != nullptr && root->as_whole && !root->is_file &&
         root->mount == entry.path;
}

}  // namespace

void gather_whole_roots(const PlanSource& source, PlanDraft& draft) {
  SwitchPlan& plan = draft.plan;
  for (const LiveRoot& root : source.roots.roots()) {
    const auto is_of_root = [&](const auto& one) { return is_below(root, one.path); };
    if (!root.as_whole || !source.live ||
        std::count_if(plan.entries.begin(), plan.entries.end(), is_of_root) < 2) {
      continue;
    }
    if (root.is_link) {
      throw refusal(Errc::Invalid, root, "the profile names it by a symlink", kByEntries);
    }
    if (!is_selected(source.selection, root)) {
      throw refusal(Errc::Invalid, root, "only a part of it is asked for",
                    fmt::format("bring back all of it, or {}", kByEntries));
    }
    require_nothing_lost(source, root);
    require_all_read(source, root);
    require_captured_whole(*source.live, root, draft);
    require_nothing_left_out(plan, root);
    require_same_owners(source, root);
    require_nobody_inside(root);
    std::erase_if(plan.entries, is_of_root);
    std::erase_if(plan.directories, is_of_root);
    std::erase_if(plan.staged_paths, [&](const std::string& path) { return is_below(root, path); });
    draft.push(SwitchKind::Replace, root.mount);
    plan.directories.push_back({root.mount, true, true});
    plan.staged_paths.push_back(root.mount);
    plan.shown.whole_roots.push_back(root.path);
  }
}

void require_whole_roots(OpenOperation& operation, std::vector<RestoreLog>& logs) {
  for (const JournalEntry& entry : operation.journal.entries) {
    const LiveRoots& live = operation.live[entry.profile];
    if (!is_whole_root(entry, live)) continue;
    const LiveRoot& root = *live.find_root(entry.path);
    for (const RestoreIssue& issue : logs[entry.profile].report().issues) {
      if (!issue.content || !is_below(root, issue.path)) continue;
      throw refusal(issue.damaged ? Errc::Corrupt : Errc::Io, root,
                    fmt::format("{} cannot be made: {}", quoted(issue.path), issue.reason),
                    kByEntries);
    }
    if (operation.journal.stages[entry.stage].inside) {
      throw refusal(Errc::Denied, root, "the directory around it cannot be written to", kByEntries);
    }
    const std::string& stage = operation.journal.stages[entry.stage].path;
    if (!fs::can_exchange_directories(operation.stage(entry.stage), stage)) {
      throw refusal(Errc::Invalid, root, "its filesystem cannot exchange two directories",
                    kByEntries);
    }
  }
}

}  // namespace stravinsky
