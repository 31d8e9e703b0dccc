#include "update/plan_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "update/merge_file.hpp"

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

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

class Planner {
 public:
  Planner(Strategy strategy, const Profile& profile, const FileTree& release, const FileTree& live,
          const FileTree* base, const std::vector<Loss>& lost)
      : strategy_(strategy),
        profile_(profile),
        release_(release),
        live_(live),
        base_(base),
        lost_(lost) {}

  UpdatePlan run() {
    drop_unmanaged();
    std::set<std::string> paths = wanted_;
    for (const auto& [path, file] : live_.files()) paths.insert(path);
    if (base_ != nullptr) {
      for (const auto& [path, file] : base_->files()) paths.insert(path);
    }
    for (const std::string& path : paths) decide(path);
    add_directories();
    settle_directories();
    keep_release();
    std::sort(plan_.items.begin(), plan_.items.end(),
              [](const UpdateItem& a, const UpdateItem& b) { return a.path < b.path; });
    if (plan_.has_conflicts()) plan_.edits.clear();
    return std::move(plan_);
  }

 private:
  /// What a snapshot would not take in is none of the update's business either.
  void drop_unmanaged() {
    std::vector<std::string> paths;
    for (const auto& [path, file] : release_.files()) paths.push_back(path);
    const auto read_ignore = [this](const std::string& path) -> std::optional<std::string> {
      for (const FileTree* tree : {&release_, &live_}) {
        const TreeFile* file = tree->find(path);
        if (file != nullptr && file->type == EntryType::File) return tree->read(path);
      }
      return std::nullopt;
    };
    wanted_.insert(paths.begin(), paths.end());
    for (auto& [path, reason] : find_unmanaged(profile_, paths, read_ignore)) {
      wanted_.erase(path);
      plan_.items.push_back({path, Action::Ignore, std::move(reason), {}});
    }
    for (const Loss& loss : lost_) {
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
    if (!in_release && release_.find(path) != nullptr) return;
    const Side theirs(in_release ? &release_ : nullptr, path);
    const Side ours(&live_, path), base(base_, path);
    if (strategy_ == Strategy::Replace) {
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
    if (base_ != nullptr && !base.there() && !theirs.there()) return;  // the user's own
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
    edit.source = release_.place(path);
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

  /// Directories that the release has without a file, and that the profile takes.
  std::vector<std::string> empty_directories() const {
    std::vector<std::string> empty;
    for (const std::string& path : release_.directories()) {
      const auto below = release_.files().lower_bound(path + "/");
      if (below != release_.files().end() && is_below(below->first, path)) continue;
      if (!find_unmanaged(profile_, {path}, [](const auto&) { return std::nullopt; }).empty()) {
        continue;
      }
      empty.push_back(path);
    }
    return empty;
  }

  /// Whether a live directory is there only as long as the files that go.
  bool goes_with_its_files(const std::string& path) const {
    bool has_files = false;
    const auto& files = live_.files();
    for (auto at = files.lower_bound(path + "/"); at != files.end() && is_below(at->first, path);
         ++at) {
      has_files = true;
      const bool goes =
          std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const TreeEdit& edit) {
            return edit.kind == Kind::Remove && edit.path == at->first;
          });
      if (!goes) return false;
    }
    return has_files;
  }

  bool collides(const std::string& path) const {
    return std::any_of(plan_.items.begin(), plan_.items.end(), [&](const UpdateItem& item) {
      return item.action == Action::Conflict && item.path == path;
    });
  }

  /// Of a file that goes, an empty directory is left. @returns false: it does not go
  bool turn_into_directory(const std::string& path) {
    for (TreeEdit& edit : plan_.edits) {
      if (edit.path != path || edit.kind != Kind::Remove) continue;
      edit.kind = Kind::Directory;
      return true;
    }
    return false;
  }

  /// Empty directories that the release brings, and, where it counts as a whole, lacks.
  void add_directories() {
    for (const std::string& path : empty_directories()) {
      const bool was_there =
          strategy_ == Strategy::Merge && base_ != nullptr && base_->has_directory(path);
      if (live_.find(path) != nullptr) {
        if (!turn_into_directory(path) && !was_there && !collides(path)) {
          conflict(path, "a file of yours is there", {});
        }
        continue;
      }
      if (live_.has_directory(path)) {
        if (!goes_with_its_files(path)) continue;
      } else if (was_there) {
        continue;  // the user's removal stays
      }
      plan_.edits.push_back({path, Kind::Directory, {}, {}, {}});
    }
    if (strategy_ != Strategy::Replace) return;
    for (const std::string& path : live_.directories()) {
      const bool is_mount =
          std::any_of(profile_.roots.begin(), profile_.roots.end(),
                      [&](const ProfileRoot& root) { return root.mount == path; });
      const auto first = live_.files().lower_bound(path + "/");
      const bool is_empty = first == live_.files().end() || !is_below(first->first, path);
      if (is_empty && !is_mount && !release_.has_directory(path)) {
        plan_.edits.push_back({path, Kind::Remove, {}, {}, {}});
      }
    }
  }

  /// A file where a directory is: only if nothing of the user's is in it. And the other way round.
  void settle_directories() {
    std::vector<std::string> arriving;
    for (const TreeEdit& edit : plan_.edits) {
      if (edit.kind != Kind::Remove) arriving.push_back(edit.path);
    }
    const auto goes = [this](const std::string& path) {
      return std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const TreeEdit& edit) {
        return edit.kind == Kind::Remove && edit.path == path;
      });
    };
    for (const std::string& path : arriving) {
      if (live_.has_directory(path) && is_file_edit(path)) {
        const auto& files = live_.files();
        for (auto at = files.lower_bound(path + "/");
             at != files.end() && is_below(at->first, path); ++at) {
          if (goes(at->first)) continue;
          conflict(path, "a directory with files of yours is there", {});
          break;
        }
        if (std::any_of(lost_.begin(), lost_.end(),
                        [&](const Loss& loss) { return is_below(loss.path, path); })) {
          conflict(path, "a directory with files that cannot be read is there", {});
        }
        std::erase_if(plan_.edits, [&](const TreeEdit& edit) {
          return edit.kind == Kind::Remove && (edit.path == path || is_below(edit.path, path));
        });
      }
      for (std::size_t slash = path.find('/'); slash != std::string::npos;
           slash = path.find('/', slash + 1)) {
        const std::string above = path.substr(0, slash);
        if (live_.find(above) != nullptr && !goes(above)) {
          conflict(path, "a file of yours is where its directory would be", {});
          break;
        }
      }
    }
    // Of nested removals the highest says it all.
    std::sort(plan_.edits.begin(), plan_.edits.end(),
              [](const TreeEdit& a, const TreeEdit& b) { return a.path < b.path; });
    std::vector<TreeEdit> kept;
    std::string gone;
    for (TreeEdit& edit : plan_.edits) {
      if (edit.kind == Kind::Remove) {
        if (!gone.empty() && is_below(edit.path, gone)) continue;
        gone = edit.path;
      }
      kept.push_back(std::move(edit));
    }
    plan_.edits = std::move(kept);
  }

  bool is_file_edit(const std::string& path) const {
    return std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const TreeEdit& edit) {
      return edit.path == path && (edit.kind == Kind::File || edit.kind == Kind::Symlink);
    });
  }

  void keep_release() {
    for (const std::string& path : wanted_) {
      const TreeFile& file = *release_.find(path);
      TreeEdit& edit = plan_.release.emplace_back();
      edit.path = path;
      if (file.type == EntryType::Symlink) {
        edit.kind = Kind::Symlink;
        edit.content = file.link;
        continue;
      }
      edit.source = release_.place(path);
      if (edit.source.empty()) edit.content = release_.read(path);
      edit.executable = file.is_executable();
    }
    for (const std::string& path : empty_directories()) {
      plan_.release.push_back({path, Kind::Directory, {}, {}, {}});
    }
  }

  Strategy strategy_;
  const Profile& profile_;
  const FileTree& release_;
  const FileTree& live_;
  const FileTree* base_;
  const std::vector<Loss>& lost_;
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
  return Planner(strategy, profile, release, live, base, lost).run();
}

}  // namespace stravinsky::hooks
