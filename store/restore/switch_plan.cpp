// What the live side has captured is managed; whatever else stands under a live name is not ours to
// touch. A directory whose own time was not recorded holds something that was left out, so only
// there the live names are looked at, and such a directory never goes as a whole.
#include "restore/switch_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "restore/plan_removal.hpp"
#include "restore/whole_roots.hpp"
#include "snapshots/path.hpp"
#include "snapshots/read_ahead.hpp"

namespace stravinsky {
namespace {

constexpr const char* kUnmanaged = "something that is not captured stands there; it is left alone";

class PlanBuilder {
 public:
  explicit PlanBuilder(const PlanSource& source)
      : source_(source),
        everything_(is_everything(source)),
        target_(stored_tree(source.directories, source.target)),
        draft_(source),
        removals_(source, draft_) {}

  SwitchPlan run() {
    plan_.shown.snapshot = source_.wanted.snapshot;
    const Selected top = source_.selection.top();
    const auto held = read_target(source_.target, "");
    const Directory& target = *held;
    if (!target.self.has_attributes && !source_.live && source_.roots.is_single_top() &&
        target.nodes.size() == 1 && !is_directory(&target.nodes.front())) {
      source_.roots.mount_lone_root(target.nodes.front().entry.name);
    }
    const std::vector<LiveRoot>& roots = source_.roots.roots();
    if (target.self.has_attributes && source_.live && roots.size() == 1 && roots.front().is_file) {
      source_.roots.mount_lone_root("");
      replace_lone_file(top, target.self);
      draft_.finish();
      return std::move(plan_);
    }
    if (target.self.has_attributes != source_.roots.is_single_top()) {
      throw Error(Errc::Invalid,
                  fmt::format("cannot bring back {} in place", source_.wanted.snapshot.name),
                  "it was taken of other roots than the profile has now",
                  fmt::format("stravinsky checkout {} --to DIR", source_.wanted.snapshot.name));
    }
    if (source_.live) {
      ahead_.emplace(target_, *source_.live);
      push("", top, source_.target, source_.live->top);
    } else if (target.self.has_attributes) {
      Node node;
      node.entry = target.self;
      node.entry.digest = source_.target.digest;
      node.directory = source_.target;
      add("", node, top);
    } else {
      for (const Node& node : target.nodes) add_if_selected("", top, node);
    }
    while (!pending_.empty()) {
      const Pending pending = std::move(pending_.back());
      pending_.pop_back();
      compare_directories(pending);
    }
    gather_whole_roots(source_, draft_);
    draft_.finish();
    return std::move(plan_);
  }

 private:
  /// Of target and live side.
  struct Pending {
    std::shared_ptr<ReadAhead::Pair> pair;
    Selected selected;
  };

  static bool is_everything(const PlanSource& source) {
    const Selected top = source.selection.top();
    return top.whole() && !source.selection.needs_path(top);
  }

  std::shared_ptr<const Directory> read_target(const StoredDirectory& stored,
                                               const std::string& path) const {
    return source_.directories.read(stored, path);
  }

  std::optional<Selected> choose(const Selected& above, const std::string& directory,
                                 const Node& node) const {
    return source_.selection.choose(above, directory, node.entry.name, is_directory(&node));
  }

  Change compare(const Entry& live, const Entry& target) const {
    Change change = compare_entries(live, target);
    // Owners count as they would be set here, not by the numbers of where they were recorded.
    change.owner =
        source_.owners.sets_owner() && target.has_attributes &&
        (source_.owners.user_of(target) != live.uid || source_.owners.group_of(target) != live.gid);
    return change;
  }

  void push(const std::string& path, const Selected& selected, const StoredDirectory& target,
            const StoredDirectory& live) {
    if (target.digest == live.digest) return leave(path, selected, target);
    pending_.push_back({std::make_shared<ReadAhead::Pair>(path, target, live), selected});
    ahead_->expect(pending_.back().pair);
  }

  void compare_directories(const Pending& pending) {
    ReadAhead::Pair& pair = *pending.pair;
    const std::string& directory = pair.path();
    ahead_->take(pair);
    try {
      pair.a();
    } catch (const Error& error) {
      return draft_.fail(directory, error);
    }
    if (const Loss* loss = find_loss(directory)) {
      return draft_.skip(directory, EntryType::Directory,
                         fmt::format("what is there cannot be read: {}", loss->reason));
    }
    const Directory &target = pair.a(), &live = pair.b();
    const std::size_t before = plan_.entries.size();
    auto t = target.nodes.begin();
    auto l = live.nodes.begin();
    while (t != target.nodes.end() || l != live.nodes.end()) {
      const int order = t == target.nodes.end() ? 1
                        : l == live.nodes.end() ? -1
                                                : t->entry.name.compare(l->entry.name);
      const Node* wanted = order <= 0 ? &*t++ : nullptr;
      const Node* present = order >= 0 ? &*l++ : nullptr;
      const auto selected =
          choose(pending.selected, directory, wanted != nullptr ? *wanted : *present);
      if (!selected) continue;
      const std::string path =
          join_path(directory, (wanted != nullptr ? wanted : present)->entry.name);
      if (present == nullptr) {
        come(path, *wanted, *selected, live.self);
      } else if (wanted == nullptr) {
        if (source_.options.surplus == Surplus::Remove) {
          removals_.remove(path, *present, *selected);
        } else if (everything_ && !source_.list_unchanged) {
          removals_.count_kept(path, *present);
        }
      } else {
        compare_nodes(path, *wanted, *present, *selected);
      }
    }
    const bool touched = plan_.entries.size() > before;
    note_directory(pending, touched);
  }

  const Loss* find_loss(const std::string& path) const {
    const auto loss = std::ranges::lower_bound(source_.lost, path, {}, &Loss::path);
    return loss == source_.lost.end() || loss->path != path ? nullptr : &*loss;
  }

  /// Its own attributes, and whether what happens in it may happen.
  void note_directory(const Pending& pending, bool touched) {
    const ReadAhead::Pair& pair = *pending.pair;
    const Entry &target = pair.a().self, &live = pair.b().self;
    if (!live.has_attributes || !target.has_attributes) return;  // the made-up top
    const bool give = pending.selected.whole();
    const Change change = compare(live, target);
    const bool differs = give && !change.letters().empty();
    if (!touched && !differs) return;
    if (touched || change.mode || change.owner || change.xattrs)
      draft_.require_mutable(pair.path(), live);
    plan_.directories.push_back({pair.path(), false, give});
    plan_.target.remember(pair.path(), *pair.stored_a(), target);
    plan_.live.remember(pair.path(), *pair.stored_b(), live);
    if (differs) plan_.shown.changes_anything = true;
    if (differs && (change.mode || change.owner || change.xattrs)) {
      draft_.note(pair.path(), PlanItem::Action::Modify, EntryType::Directory, "attributes");
      draft_.foresee(pair.path(), target);
    }
  }

  void come(const std::string& path, const Node& wanted, const Selected& selected,
            const Entry& live_directory) {
    if (source_.roots.find_root(path) == nullptr) {
      return draft_.skip(path, wanted.entry.type, "the profile has no root for it");
    }
    const bool may_be_there = !live_directory.has_attributes || !live_directory.mtime;
    if (may_be_there && source_.roots.find(path)) {
      if (selected.whole() || !is_directory(&wanted))
        draft_.skip(path, wanted.entry.type, kUnmanaged);
      return;
    }
    add(path, wanted, selected);
  }

  void add_if_selected(const std::string& directory, const Selected& above, const Node& node) {
    const auto selected = choose(above, directory, node);
    if (!selected) return;
    Entry unknown;
    unknown.has_attributes = false;
    come(join_path(directory, node.entry.name), node, *selected, unknown);
  }

  /// The one root is a file, and a directory when the snapshot was taken.
  void replace_lone_file(const Selected& selected, const Entry& self) {
    const auto live = source_.live->read(source_.live->top, "");
    if (live->nodes.empty()) {
      const std::string reason =
          source_.lost.empty() ? "nobody knows why" : source_.lost.front().reason;
      return draft_.skip("", EntryType::Directory,
                         fmt::format("what is there cannot be read: {}", reason));
    }
    Node wanted;
    wanted.entry = self;
    wanted.entry.digest = source_.target.digest;
    wanted.directory = source_.target;
    compare_nodes("", wanted, live->nodes.at(0), selected);
  }

  /// The entries that come with `node`, itself included, listed as new.
  /// @returns whether there are any
  bool list_new(const std::string& path, const Node& node, const Selected& selected) {
    if (!is_directory(&node)) {
      if (!selected.whole()) return false;
      draft_.note(path, PlanItem::Action::Create, node.entry.type);
      ++plan_.shown.restored;
      draft_.foresee(path, node.entry);
      return true;
    }
    bool any = selected.whole();
    if (any) draft_.note(path, PlanItem::Action::Create, EntryType::Directory);
    struct Level {
      std::string path;
      Selected selected;
      StoredDirectory stored;
    };
    std::vector<Level> levels{{path, selected, node.directory}};
    while (!levels.empty()) {
      const Level level = std::move(levels.back());
      levels.pop_back();
      std::shared_ptr<const Directory> directory;
      try {
        directory = read_target(level.stored, level.path);
      } catch (const Error& error) {
        draft_.fail(level.path, error);
        continue;
      }
      for (const Node& child : directory->nodes) {
        const auto chosen = choose(level.selected, level.path, child);
        if (!chosen) continue;
        const std::string child_path = join_path(level.path, child.entry.name);
        if (is_directory(&child)) {
          if (chosen->whole()) {
            draft_.note(child_path, PlanItem::Action::Create, EntryType::Directory);
            any = true;
          }
          levels.push_back({child_path, *chosen, child.directory});
        } else if (chosen->whole()) {
          draft_.note(child_path, PlanItem::Action::Create, child.entry.type);
          draft_.foresee(child_path, child.entry);
          ++plan_.shown.restored;
          any = true;
        }
      }
    }
    return any;
  }

  void stage(const std::string& path, const Selected& selected) {
    if (selected.by_path) {
      plan_.staged_paths.push_back(path);
      return;
    }
    for (const std::string& wanted : source_.selection.paths()) {
      if (is_at_or_below(wanted, path)) plan_.staged_paths.push_back(wanted);
    }
  }

  void add(const std::string& path, const Node& node, const Selected& selected) {
    if (!list_new(path, node, selected)) return;
    draft_.push(SwitchKind::Add, path);
    plan_.target.remember(path, node);
    stage(path, selected);
    if (is_directory(&node)) plan_.directories.push_back({path, true, true});
  }

  void compare_nodes(const std::string& path, const Node& wanted, const Node& present,
                     const Selected& selected) {
    const bool was_directory = is_directory(&present);
    if (is_directory(&wanted) && was_directory) {
      push(path, selected, wanted.directory, present.directory);
      return;
    }
    if (!selected.whole()) {
      if (is_directory(&wanted)) {
        draft_.skip(path, wanted.entry.type,
                    present.entry.type == EntryType::Symlink ? "a symlink stands in its place"
                                                             : "a file stands in its place");
      }
      return;
    }
    if (!was_directory && !is_directory(&wanted)) {
      const Change change = compare(present.entry, wanted.entry);
      if (change.letters().empty()) return unchanged(path, wanted.entry.type);
      draft_.note(path, PlanItem::Action::Modify, wanted.entry.type);
      draft_.foresee(path, wanted.entry);
      ++plan_.shown.restored;
      ++plan_.live_unlike;
    } else if (was_directory) {
      std::vector<PlanItem> inside;
      if (source_.options.surplus == Surplus::Keep) {
        return draft_.skip(path, wanted.entry.type,
                           "a directory stands in its place; see --delete");
      }
      if (!removals_.goes_whole(path, present, selected, inside)) {
        return draft_.skip(path, wanted.entry.type,
                           "a directory stands in its place and holds what is not captured");
      }
      removals_.delete_all(inside);
      draft_.note(path, PlanItem::Action::Modify, wanted.entry.type);
      ++plan_.shown.restored;
    } else {
      ++plan_.live_unlike;
      list_new(path, wanted, selected);
      plan_.directories.push_back({path, true, true});
    }
    draft_.require_mutable(path, present.entry);
    draft_.push(SwitchKind::Replace, path);
    plan_.target.remember(path, wanted);
    plan_.live.remember(path, present);
    stage(path, selected);
  }

  void unchanged(const std::string& path, EntryType type) {
    if (!source_.list_unchanged && everything_) return;
    ++plan_.shown.unchanged;
    if (source_.list_unchanged) draft_.note(path, PlanItem::Action::Unchanged, type);
  }

  /// Both sides of a directory are equal.
  void leave(const std::string& directory, const Selected& selected_above,
             const StoredDirectory& stored) {
    if (!source_.list_unchanged && everything_) return;
    std::vector<std::pair<std::string, std::pair<Selected, StoredDirectory>>> levels{
        {directory, {selected_above, stored}}};
    while (!levels.empty()) {
      const auto [path, level] = std::move(levels.back());
      levels.pop_back();
      std::shared_ptr<const Directory> held;
      try {
        held = read_target(level.second, path);
      } catch (const Error& error) {
        draft_.fail(path, error);
        continue;
      }
      for (const Node& node : held->nodes) {
        const auto selected = choose(level.first, path, node);
        if (!selected) continue;
        const std::string child = join_path(path, node.entry.name);
        if (is_directory(&node)) {
          levels.push_back({child, {*selected, node.directory}});
        } else if (selected->whole()) {
          unchanged(child, node.entry.type);
        }
      }
    }
  }

  const PlanSource& source_;
  const bool everything_;
  const ComparedTree target_;
  PlanDraft draft_;
  RemovalPlanner removals_;
  SwitchPlan& plan_ = draft_.plan;
  std::vector<Pending> pending_;
  std::optional<ReadAhead> ahead_;  ///< where there is a live side
};

}  // namespace

SwitchPlan make_switch_plan(const PlanSource& source) { return PlanBuilder(source).run(); }

}  // namespace stravinsky
