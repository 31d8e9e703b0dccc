#include "restore/fill_stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "core/text.hpp"
#include "fs/beneath.hpp"
#include "fs/durable.hpp"
#include "fs/file_status.hpp"
#include "fs/mounts.hpp"
#include "restore/restore_tree.hpp"
#include "snapshots/path.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

struct stat status_of(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fs::throw_errno("look at", path);
  return status;
}

bool may_write(int directory) noexcept {
  return faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

/// Where the stage for a filesystem lies.
struct StagePlace {
  std::string directory;
  bool inside = false;
  FileTime mtime;
};

/// The place for a directory on `volume`: beside its root, or the highest in the root that is
/// there.
StagePlace find_place(const LiveRoot& root, const fs::Volume& volume, const std::string& below) {
  if (fs::volume_of(root.outer->get(), root.path) == volume && may_write(root.outer->get())) {
    return {fs::parent_of(root.path), false, {}};
  }
  std::string path = root.path;
  fs::Fd held;
  int at = root.directory ? root.directory->get() : -1;
  std::vector<std::string> names = split_path(below);
  for (std::size_t i = 0; at >= 0; ++i) {
    if (fs::volume_of(at, path) == volume && may_write(at)) {
      return {path, true, fs::mtime_of(status_of(at, path))};
    }
    if (i == names.size()) break;
    fs::Fd next = fs::open_at(at, names[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!next) fs::throw_errno("open", path + "/" + names[i]);
    path += "/" + names[i];
    held = std::move(next);
    at = held.get();
  }
  throw Error(Errc::Denied, fmt::format("cannot bring back anything in {}", quoted(root.path)),
              "neither it nor the directory that holds it can be written to",
              "check owner and mode of both");
}

std::string below_root(const LiveRoot& root, const std::string& path) {
  if (root.mount.empty()) return path;
  return path.size() > root.mount.size() ? path.substr(root.mount.size() + 1) : std::string();
}

/// Whether a live name is exactly what the target records, so that links may lead there.
class LiveLinks {
 public:
  LiveLinks(DirectoryMemo& directories, const StagedProfile& profile, LiveRoots& roots)
      : target_(directories, profile.target), roots_(roots) {
    if (profile.live) live_.emplace(directories, profile.live->top);
  }

  std::optional<StageRules::LiveName> find(const std::string& path) {
    const Node* live = live_ ? live_->find(path) : nullptr;
    const Node* target = target_.find(path);
    if (live == nullptr || target == nullptr || live->entry.type == EntryType::Directory) {
      return std::nullopt;
    }
    Entry present = live->entry, wanted = target->entry;
    present.hardlink.clear();
    wanted.hardlink.clear();
    if (!compare_entries(present, wanted).letters().empty()) return std::nullopt;
    const LivePlace place = roots_.place_of(path);
    return StageRules::LiveName{place.parent, place.name};
  }

 private:
  std::optional<StoredTree> live_;
  StoredTree target_;
  LiveRoots& roots_;
};

}  // namespace

void place_stages(OpenOperation& operation, const std::vector<StagedProfile>& profiles) {
  std::map<fs::Volume, std::uint32_t> by_volume;
  std::vector<std::pair<int, JournalEntry>> ranked;
  FileJournal& journal = operation.journal;
  for (std::uint32_t p = 0; p < profiles.size(); ++p) {
    for (const PlannedEntry& planned : profiles[p].plan.entries) {
      JournalEntry entry;
      entry.kind = planned.kind;
      entry.profile = p;
      entry.path = planned.path;
      const LivePlace place = operation.live[p].place_of(planned.path);
      const struct stat parent = status_of(place.parent->get(), planned.path);
      entry.parent_inode = parent.st_ino;
      const fs::Volume volume = fs::volume_of(place.parent->get(), planned.path);
      const auto [at, is_new] =
          by_volume.try_emplace(volume, static_cast<std::uint32_t>(journal.stages.size()));
      if (is_new) {
        const std::string below =
            place.is_root ? "" : below_root(*place.root, parent_path(planned.path));
        const StagePlace where = find_place(*place.root, volume, below);
        journal.stages.push_back({.path = fmt::format("{}/.stravinsky-stage-{}",
                                                      where.directory == "/" ? "" : where.directory,
                                                      journal.operation.substr(3)),
                                  .inode = 0,
                                  .inside = where.inside,
                                  .mtime = where.mtime});
      }
      entry.stage = at->second;
      ranked.emplace_back(planned.rank(), std::move(entry));
    }
  }
  // All profiles switch as one: additions of all, replacements of all, and so on.
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [rank, entry] : ranked) journal.entries.push_back(std::move(entry));
}

void fill_stages(OpenOperation& operation, std::vector<StagedProfile>& profiles, const Store& store,
                 const InPlaceOptions& options, std::vector<RestoreLog>& logs, Progress& progress) {
  FileJournal& journal = operation.journal;
  const ObjectDatabase& database = *store.parts().database;
  DirectoryMemo& directories = *store.parts().directories;
  for (std::uint32_t p = 0; p < profiles.size(); ++p) {
    StagedProfile& profile = profiles[p];
    LiveLinks links(directories, profile, operation.live[p]);
    for (std::uint32_t s = 0; s < journal.stages.size(); ++s) {
      auto rules = std::make_shared<StageRules>();
      for (const JournalEntry& entry : journal.entries) {
        if (entry.profile != p || entry.stage != s || entry.kind == SwitchKind::Remove) continue;
        rules->parts.push_back(entry.path);
      }
      if (rules->parts.empty()) continue;
      std::sort(rules->parts.begin(), rules->parts.end());
      rules->find_live = [&links](const std::string& path) { return links.find(path); };
      std::vector<std::string> paths;
      for (const std::string& path : profile.plan.staged_paths) {
        if (is_at_or_below_any(path, rules->parts)) paths.push_back(path);
      }
      const std::string top = journal.stages[s].path + "/" + staged_top(p);
      if (mkdirat(operation.stage(s), staged_top(p).c_str(), 0700) != 0) {
        fs::throw_errno("create", top);
      }
      RestoreTarget target;
      target.directory = fs::open_at(operation.stage(s), staged_top(p).c_str(),
                                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (!target.directory) fs::throw_errno("open", top);
      target.made = true;
      target.stage = rules;
      target.directories = &directories;
      RestoreOptions restore;
      restore.target = top;
      restore.owner = options.owner;
      restore.numeric_ids = options.numeric_ids;
      restore.verify = options.verify;
      const Selection selection(paths, options.include, options.exclude);
      restore_tree(database, profile.target, selection, restore, std::move(target),
                   store.parts().config().store.threads, logs[p], progress);
    }
  }
  // Only what is there now can be switched.
  std::erase_if(journal.entries, [&](JournalEntry& entry) {
    if (entry.kind == SwitchKind::Remove) return false;
    const auto status = find_status(operation.new_slot(entry), entry.path);
    if (!status) return true;
    entry.new_inode = status->st_ino;
    entry.new_ctime = fs::ctime_of(*status);
    // The inode of what was captured is free already and was given to what replaces it: from here
    // on nothing could tell the two apart.
    if (entry.kind == SwitchKind::Replace && entry.new_inode == entry.old.inode) {
      throw Error(Errc::Changed,
                  fmt::format("cannot replace {}", quoted(operation.live_path(entry))),
                  "it was replaced meanwhile", "run it again");
    }
    return false;
  });
}

}  // namespace stravinsky
