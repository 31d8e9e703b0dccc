#include "update/plan_directories.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace stravinsky::hooks {
namespace {

using Action = UpdateItem::Action;
using Kind = TreeEdit::Kind;
using Files = std::map<std::string, TreeFile>;

/// Files below a directory.
class Below {
 public:
  Below(const FileTree& tree, const std::string& directory)
      : directory_(directory), files_(tree.files()), first_(files_.lower_bound(directory + "/")) {}

  bool empty() const { return !is_in(first_); }
  template <typename Predicate>
  bool all(Predicate&& holds) const {
    for (auto at = first_; is_in(at); ++at) {
      if (!holds(at->first)) return false;
    }
    return true;
  }

 private:
  bool is_in(Files::const_iterator at) const {
    return at != files_.end() && is_below(at->first, directory_);
  }

  const std::string directory_;
  const Files& files_;
  Files::const_iterator first_;
};

/// Asks `holds` of each directory that a path lies in, the highest first.
template <typename Predicate>
bool any_above(const std::string& path, Predicate&& holds) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    if (holds(path.substr(0, slash))) return true;
  }
  return false;
}

class DirectoryPlanner {
 public:
  DirectoryPlanner(const UpdateInput& in, UpdatePlan& plan) : in_(in), plan_(plan) {
    for (TreeEdit& edit : plan.edits) edits_.emplace(edit.path, std::move(edit));
    for (const UpdateItem& item : plan.items) {
      if (item.action == Action::Conflict) conflicts_.insert(item.path);
    }
  }

  void run(const std::vector<std::string>& empty) {
    add_empty(empty);
    if (in_.strategy == Strategy::Replace) remove_empty();
    settle();
    plan_.edits.clear();
    for (auto& [path, edit] : edits_) {
      const auto gone = [this](const std::string& above) { return goes(above); };
      if (edit.kind == Kind::Remove && any_above(path, gone)) continue;
      plan_.edits.push_back(std::move(edit));
    }
  }

 private:
  bool goes(const std::string& path) const {
    const auto edit = edits_.find(path);
    return edit != edits_.end() && edit->second.kind == Kind::Remove;
  }

  /// To what comes below it.
  bool gives_way(const std::string& file) const {
    const auto edit = edits_.find(file);
    return edit != edits_.end() &&
           (edit->second.kind == Kind::Remove || edit->second.kind == Kind::Directory);
  }

  void put(const std::string& path, Kind kind) { edits_[path] = {path, kind, {}, {}, {}}; }

  void conflict(const std::string& path, const char* reason) {
    plan_.items.push_back({path, Action::Conflict, reason, {}});
  }

  void add_empty(const std::vector<std::string>& empty) {
    for (const std::string& path : empty) {
      const bool was_there =
          in_.strategy == Strategy::Merge && in_.base != nullptr && in_.base->has_directory(path);
      if (in_.live.find(path) != nullptr) {
        if (goes(path)) {
          put(path, Kind::Directory);
        } else if (!was_there && !conflicts_.contains(path)) {
          conflict(path, "a file of yours is there");
        }
      } else if (in_.live.has_directory(path)) {
        // It is there only as long as the files that go.
        const Below files(in_.live, path);
        if (!files.empty() && files.all([this](const auto& file) { return goes(file); })) {
          put(path, Kind::Directory);
        }
      } else if (!was_there) {  // otherwise the user's removal stays
        put(path, Kind::Directory);
      }
    }
  }

  /// Those that a release that counts as a whole does not have.
  void remove_empty() {
    for (const std::string& path : in_.live.directories()) {
      const bool is_mount =
          std::any_of(in_.profile.roots.begin(), in_.profile.roots.end(),
                      [&](const ProfileRoot& root) { return root.mount == path; });
      if (Below(in_.live, path).empty() && !is_mount && !in_.release.has_directory(path)) {
        edits_.try_emplace(path, TreeEdit{path, Kind::Remove, {}, {}, {}});  // not if a file comes
      }
    }
  }

  /// A file where a directory is: only if nothing of the user's is in it. And the other way round.
  void settle() {
    std::vector<std::pair<std::string, Kind>> arriving;
    for (const auto& [path, edit] : edits_) {
      if (edit.kind != Kind::Remove) arriving.emplace_back(path, edit.kind);
    }
    for (const auto& [path, kind] : arriving) {
      if (kind != Kind::Directory && in_.live.has_directory(path)) replace_directory(path);
      if (any_above(path, [this](const std::string& above) {
            return in_.live.find(above) != nullptr && !gives_way(above);
          })) {
        conflict(path, "a file of yours is where its directory would be");
      }
    }
  }

  void replace_directory(const std::string& path) {
    if (!Below(in_.live, path).all([this](const auto& file) { return goes(file); })) {
      conflict(path, "a directory with files of yours is there");
    }
    if (std::any_of(in_.lost.begin(), in_.lost.end(),
                    [&](const Loss& loss) { return is_below(loss.path, path); })) {
      conflict(path, "a directory with files that cannot be read is there");
    }
    auto edit = edits_.lower_bound(path + "/");
    while (edit != edits_.end() && is_below(edit->first, path)) {
      edit = edit->second.kind == Kind::Remove ? edits_.erase(edit) : std::next(edit);
    }
  }

  const UpdateInput& in_;
  UpdatePlan& plan_;
  std::map<std::string, TreeEdit> edits_;  ///< by path
  std::set<std::string> conflicts_;
};

}  // namespace

ReadIgnore ignore_reader(const UpdateInput& input) {
  return [&input](const std::string& path) -> std::optional<std::string> {
    for (const FileTree* tree : {&input.release, &input.live}) {
      const TreeFile* file = tree->find(path);
      if (file != nullptr && file->type == EntryType::File) return tree->read(path);
    }
    return std::nullopt;
  };
}

std::vector<std::string> empty_directories(const UpdateInput& input) {
  std::vector<std::string> empty;
  for (const std::string& path : input.release.directories()) {
    if (Below(input.release, path).empty()) empty.push_back(path);
  }
  for (std::string& path : empty) path += "/";
  for (const auto& [path, reason] : find_unmanaged(input.profile, empty, ignore_reader(input))) {
    std::erase(empty, path);
  }
  for (std::string& path : empty) path.pop_back();
  return empty;
}

void plan_directories(const UpdateInput& input, const std::vector<std::string>& empty,
                      UpdatePlan& plan) {
  DirectoryPlanner(input, plan).run(empty);
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace stravinsky::hooks
