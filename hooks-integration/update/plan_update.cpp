#include "update/plan_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "update/merge_file.hpp"
#include "update/plan_directories.hpp"

namespace stravinsky::hooks {
namespace {

using Action = UpdateItem::Action;
using Kind = TreeEdit::Kind;

/// One file on one side, and its content once somebody asks.
class Side {
 public:
  Side(const FileTree* tree, const std::string& path)
      : tree_(tree), path_(path), file_(tree == nullptr ? nullptr : tree->find(path)) {}

  bool there() const { return file_ != nullptr; }
  const TreeFile& file() const { return *file_; }
  bool is(EntryType type) const { return file_ != nullptr && file_->type == type; }
  const std::string& text() const {
    if (!text_) text_ = tree_->read(path_);
    return *text_;
  }
  OptionalText optional_text() const { return there() ? OptionalText(text()) : std::nullopt; }

  /// Type and content; permissions are another matter.
  bool equals(const Side& other) const {
    if (!there() || !other.there()) return there() == other.there();
    if (file_->type != other.file_->type) return false;
    if (file_->type == EntryType::Symlink) return file_->link == other.file_->link;
    if (file_->type != EntryType::File || file_->size != other.file_->size) return false;
    const bool known = !file_->digest.is_zero() && !other.file_->digest.is_zero();
    return known ? file_->digest == other.file_->digest : text() == other.text();
  }

 private:
  const FileTree* tree_;
  std::string path_;
  const TreeFile* file_;
  mutable std::optional<std::string> text_;
};

class Planner {
 public:
  explicit Planner(const UpdateInput& input) : in_(input) {}

  UpdatePlan run() {
    drop_unmanaged();
    std::set<std::string> paths = wanted_;
    for (const auto& [path, file] : in_.live.files()) paths.insert(path);
    if (in_.base != nullptr) {
      for (const auto& [path, file] : in_.base->files()) paths.insert(path);
    }
    for (const std::string& path : paths) decide(path);
    const std::vector<std::string> empty = empty_directories(in_);
    plan_directories(in_, empty, plan_);
    keep_release(empty);
    std::sort(plan_.items.begin(), plan_.items.end(),
              [](const UpdateItem& a, const UpdateItem& b) { return a.path < b.path; });
    if (plan_.has_conflicts()) plan_.edits.clear();
    return std::move(plan_);
  }

 private:
  /// What a snapshot would not take in is none of the update's business either.
  void drop_unmanaged() {
    std::vector<std::string> paths;
    for (const auto& [path, file] : in_.release.files()) paths.push_back(path);
    wanted_.insert(paths.begin(), paths.end());
    for (auto& [path, reason] : find_unmanaged(in_.profile, paths, ignore_reader(in_))) {
      wanted_.erase(path);
      plan_.items.push_back({path, Action::Ignore, std::move(reason), {}});
    }
    for (const Loss& loss : in_.lost) {
      std::erase_if(wanted_, [&](const std::string& path) {
        if (path != loss.path && !is_below(path, loss.path)) return false;
        plan_.items.push_back({path,
                               Action::Ignore,
                               fmt::format("what is there cannot be read: {}", loss.reason),
                               {}});
        return true;
      });
    }
  }

  void decide(const std::string& path) {
    const bool in_release = wanted_.contains(path);
    // A path that the profile leaves out is not the user's in this sense, nor the release's.
    if (!in_release && in_.release.find(path) != nullptr) return;
    const Side theirs(in_release ? &in_.release : nullptr, path);
    const Side ours(&in_.live, path), base(in_.base, path);
    if (in_.strategy == Strategy::Replace) {
      replace(path, ours, theirs);
    } else if ((!ours.there() || ours.is(EntryType::File)) &&
               (!theirs.there() || theirs.is(EntryType::File)) &&
               (!base.there() || base.is(EntryType::File))) {
      merge_files(path, base, ours, theirs);
    } else {
      merge_others(path, base, ours, theirs);
    }
  }

  void replace(const std::string& path, const Side& ours, const Side& theirs) {
    if (!theirs.there()) {
      if (ours.there()) remove(path);
      return;
    }
    const bool same_mode = ours.is(EntryType::File) && theirs.is(EntryType::File) &&
                           ours.file().is_executable() == theirs.file().is_executable();
    if (ours.equals(theirs) && (same_mode || !ours.is(EntryType::File))) return;
    take(path, ours, theirs,
         theirs.is(EntryType::File) ? std::optional(theirs.file().is_executable()) : std::nullopt);
  }

  void merge_files(const std::string& path, const Side& base, const Side& ours,
                   const Side& theirs) {
    const std::optional<bool> mode = merged_mode(base, ours, theirs);
    if (ours.equals(theirs) || base.equals(theirs)) {
      if (base.there() && theirs.there() && !ours.there()) {
        plan_.items.push_back({path, Action::Keep, "you removed it", {}});
      }
      if (mode && ours.there()) {
        plan_.items.push_back({path, Action::Change, {}, {}});
        plan_.edits.push_back({path, Kind::File, ours.text(), {}, mode});
      }
      return;
    }
    if (base.equals(ours)) {
      if (theirs.there()) return take(path, ours, theirs, mode);
      return remove(path);
    }
    if (in_.base != nullptr && !base.there() && !theirs.there()) return;  // the user's own
    const MergedFile merged =
        merge_file(path, base.optional_text(), ours.optional_text(), theirs.optional_text());
    if (merged.outcome == MergedFile::Outcome::Conflict) {
      return conflict(path, merged.reason, merged.conflict);
    }
    if (ours.there() && merged.content == ours.text() && !mode) {
      plan_.items.push_back({path, Action::Keep, "you have the release's change already", {}});
      return;
    }
    plan_.items.push_back({path, Action::Merge, {}, {}});
    plan_.edits.push_back({path, Kind::File, merged.content.value_or(""), {}, mode});
  }

  /// Whether who may execute it changes, and to what: as contents are merged.
  static std::optional<bool> merged_mode(const Side& base, const Side& ours, const Side& theirs) {
    if (!theirs.there()) return std::nullopt;
    const bool wanted = theirs.file().is_executable();
    if (!ours.there()) return wanted;
    if (!base.there() || base.file().is_executable() == wanted) return std::nullopt;
    if (ours.file().is_executable() == wanted) return std::nullopt;
    return wanted;
  }

  /// Links, and what changes from a file to a link or back.
  void merge_others(const std::string& path, const Side& base, const Side& ours,
                    const Side& theirs) {
    if (ours.equals(theirs) || base.equals(theirs)) return;
    if (base.equals(ours)) {
      if (!theirs.there()) return remove(path);
      return take(path, ours, theirs, merged_mode({nullptr, path}, {nullptr, path}, theirs));
    }
    if (!theirs.there() && !base.there()) return;
    conflict(path, "both changed it, and they are not both files", {});
  }

  void take(const std::string& path, const Side& ours, const Side& theirs,
            std::optional<bool> executable) {
    plan_.items.push_back({path, ours.there() ? Action::Change : Action::Add, {}, {}});
    TreeEdit& edit = plan_.edits.emplace_back();
    edit.path = path;
    if (theirs.is(EntryType::Symlink)) {
      edit.kind = Kind::Symlink;
      edit.content = theirs.file().link;
      return;
    }
    edit.source = in_.release.place(path);
    if (edit.source.empty()) edit.content = theirs.text();
    edit.executable = executable;
  }

  void remove(const std::string& path) {
    plan_.items.push_back({path, Action::Remove, {}, {}});
    plan_.edits.push_back({path, Kind::Remove, {}, {}, {}});
  }

  void conflict(const std::string& path, std::string reason, std::string shown) {
    plan_.items.push_back({path, Action::Conflict, std::move(reason), std::move(shown)});
  }

  void keep_release(const std::vector<std::string>& empty) {
    for (const std::string& path : wanted_) {
      const TreeFile& file = *in_.release.find(path);
      TreeEdit& edit = plan_.release.emplace_back();
      edit.path = path;
      if (file.type == EntryType::Symlink) {
        edit.kind = Kind::Symlink;
        edit.content = file.link;
        continue;
      }
      edit.source = in_.release.place(path);
      if (edit.source.empty()) edit.content = in_.release.read(path);
      edit.executable = file.is_executable();
    }
    for (const std::string& path : empty) {
      plan_.release.push_back({path, Kind::Directory, {}, {}, {}});
    }
  }

  const UpdateInput& in_;
  std::set<std::string> wanted_;  ///< files of the release that the profile takes
  UpdatePlan plan_;
};

}  // namespace

std::string_view name_of(UpdateItem::Action action) noexcept {
  switch (action) {
    case Action::Add:
      return "add";
    case Action::Change:
      return "change";
    case Action::Remove:
      return "remove";
    case Action::Merge:
      return "merge";
    case Action::Keep:
      return "keep";
    case Action::Conflict:
      return "conflict";
    case Action::Ignore:
      return "ignore";
  }
  return "ignore";
}

std::size_t UpdatePlan::count(UpdateItem::Action action) const {
  return static_cast<std::size_t>(
      std::count_if(items.begin(), items.end(),
                    [action](const UpdateItem& item) { return item.action == action; }));
}

UpdatePlan plan_update(Strategy strategy, const Profile& profile, const FileTree& release,
                       const FileTree& live, const FileTree* base, const std::vector<Loss>& lost) {
  const UpdateInput input{strategy, profile, release, live, base, lost};
  return Planner(input).run();
}

}  // namespace stravinsky::hooks
