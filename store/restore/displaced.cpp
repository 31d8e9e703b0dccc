#include "restore/displaced.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "fs/beneath.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/file_status.hpp"
#include "fs/list_directory.hpp"
#include "fs/other_processes.hpp"
#include "fs/rename.hpp"
#include "restore/compare_restored.hpp"
#include "restore/walk_tree.hpp"
#include "restore/write_content.hpp"
#include "snapshots/path.hpp"
#include "snapshots/stored_tree.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr int kRead = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME;

fs::Fd open_for_reading(int directory, const std::string& name) {
  fs::Fd fd = fs::open_at(directory, name.c_str(), kRead);
  // Only the owner may leave the time of access alone.
  if (!fd && errno == EPERM) fd = fs::open_at(directory, name.c_str(), kRead & ~O_NOATIME);
  return fd;
}

/// The stored side of an entry.
Node find_stored(StoredTree& tree, const std::string& path) {
  if (path.empty()) {
    Node top;
    top.entry.type = EntryType::Directory;
    top.directory = tree.top();
    return top;
  }
  if (const Node* node = tree.find(path)) return *node;
  throw Error(Errc::NotFound, "cannot compare " + path, "the snapshot does not have it");
}

void judge_writers(int fd, Displaced& displaced) {
  const fs::Writers writers = fs::look_for_writers(fd);
  if (writers == fs::Writers::None) return;
  const std::string names = fs::name_writers(fd);
  if (writers == fs::Writers::Unknown) displaced.is_proved = false;
  if (writers == fs::Writers::Unknown && names.empty()) return;
  displaced.state = Displaced::State::InUse;
  displaced.reason = names.empty() ? "a process writes to it" : "written to by " + names;
}

void judge_file(int directory, const std::string& name, const Entry& entry, const std::string& path,
                Displaced& displaced) {
  const fs::Fd fd = open_for_reading(directory, name);
  if (!fd) {
    displaced.state = Displaced::State::Changed;
    displaced.reason = fs::errno_error("read", path, errno).what();
    return;
  }
  judge_writers(fd.get(), displaced);
  if (displaced.state == Displaced::State::InUse) return;
  struct stat status {};
  const bool same = fstat(fd.get(), &status) == 0 && has_content(fd.get(), entry, path) &&
                    (status.st_mode & 07777) == entry.mode &&
                    (!entry.mtime || fs::mtime_of(status) == *entry.mtime);
  if (same) return;
  displaced.state = Displaced::State::Changed;
  displaced.reason = "it was edited while it was replaced";
}

bool is_there(int top, const std::string& path) {
  const fs::Fd parent = fs::open_beneath(top, parent_path(path), O_RDONLY | O_DIRECTORY);
  return parent && find_status({parent.get(), last_name(path)}, path).has_value();
}

/// @param was_live  it is what was replaced; otherwise it is what we made, perhaps not whole
void judge_directory(const ObjectDatabase& database, const Node& node, int directory,
                     const std::string& name, const std::string& path, bool was_live,
                     Displaced& displaced) {
  const fs::Fd top = fs::open_at(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) fs::throw_errno("open", path);
  const Position position = path.empty() ? Position::Top : Position::Below;
  // Writers first: what one that is gone by now wrote is among the differences, and nobody can open
  // it anew.
  TreeWalk walk;
  walk.visit = [&](const std::string& below, const Entry& entry, const Node&) {
    if (entry.type != EntryType::File || displaced.state != Displaced::State::Known) return;
    const fs::Fd parent = fs::open_beneath(top.get(), parent_path(below), O_RDONLY | O_DIRECTORY);
    const fs::Fd fd = parent ? open_for_reading(parent.get(), entry.name) : fs::Fd();
    if (fd) judge_writers(fd.get(), displaced);
  };
  walk_tree(database, node.directory, path, position, walk);
  if (displaced.state == Displaced::State::InUse) return;
  // Times of directories change with what is made in them, so those differ only together with it.
  for (const RestoreIssue& issue :
       compare_restored(database, node.directory, top.get(), false, no_progress(), position)) {
    if (issue.path.empty()) continue;
    // Nothing is lost with what is not there, and the store has what we could not make.
    if (!was_live && !is_there(top.get(), issue.path)) continue;
    displaced.state = Displaced::State::Changed;
    displaced.reason = fmt::format("{}: {}", join_path(path, issue.path), issue.reason);
    return;
  }
}

/// Lets us move and list a directory of ours whatever its mode was.
void open_up_one(int parent, const std::string& name) {
  if (geteuid() == 0) return;
  const fs::Fd path = fs::open_at(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (path) fs::AttributeSetter(path.get(), fs::AttributeSetter::Kind::PathOnly).set_mode(0700);
}

/// Lets us remove what closed directories hold: nothing of it is anybody else's.
void open_up(int directory) {
  if (geteuid() == 0) return;
  std::vector<fs::DirectoryEntry> entries;
  fchmod(directory, 0700);
  if (fs::list_directory(directory, entries) != 0) return;
  for (const fs::DirectoryEntry& entry : entries) {
    open_up_one(directory, entry.name);
    const fs::Fd below =
        fs::open_at(directory, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (below) open_up(below.get());
  }
}

/// How the names in a stage begin of which it was judged that they may go.
constexpr std::string_view kGone = "gone.";

/// Removes what an earlier try had begun to remove: half of it looks like something else.
void remove_gone(int stage, const std::string& stage_path) {
  std::vector<fs::DirectoryEntry> entries;
  if (const int error = fs::list_directory(stage, entries); error != 0) {
    throw fs::errno_error("list", stage_path, error);
  }
  for (const fs::DirectoryEntry& entry : entries) {
    if (!entry.name.starts_with(kGone)) continue;
    const fs::Fd directory =
        fs::open_at(stage, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (directory) open_up(directory.get());
    fs::remove_tree(stage_path + "/" + entry.name);
  }
}

/// A directory takes many steps to remove: renamed first, so that after a crash between them nobody
/// judges it anew.
void remove_slot(const fs::NameAt& slot, const std::string& path, int stage,
                 const std::string& stage_path, const std::string& gone) {
  if (unlinkat(slot.directory, slot.name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fs::throw_errno("remove", path);
  // Its parent's entry changes with the rename, so it must be ours to write. Whoever judges it once
  // more after a crash here does not ask for the mode of the directory itself.
  open_up_one(slot.directory, slot.name);
  if (renameat(slot.directory, slot.name.c_str(), stage, gone.c_str()) != 0) {
    fs::throw_errno("remove", path);
  }
  remove_gone(stage, stage_path);
}

/// Removes a stage that holds nothing any more, without a trace in the directory around it.
void remove_stage(const JournalStage& stage, bool with_content) {
  struct stat around {};
  const std::string holder = fs::parent_of(stage.path);
  const fs::Fd fd = fs::open_at(AT_FDCWD, holder.c_str(), O_RDONLY | O_DIRECTORY);
  const bool known = fd && fstat(fd.get(), &around) == 0;
  if (with_content) {
    fs::remove_tree(stage.path);
  } else {
    fs::remove_empty_directories(stage.path);
  }
  if (!known || !stage.inside || fs::exists(stage.path)) return;
  fs::AttributeSetter(fd.get(), fs::AttributeSetter::Kind::Open).set_mtime(fs::mtime_of(around));
}

void remove_unused(OpenOperation& operation, std::size_t stage) {
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    const std::string name = staged_top(i);
    const fs::Fd top =
        fs::open_at(operation.stage(stage), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (top) open_up(top.get());
    fs::remove_tree(operation.journal.stages[stage].path + "/" + name);
  }
}

}  // namespace

std::vector<Displaced> look_at_displaced(OpenOperation& operation, const SideTrees& sides) {
  const ObjectDatabase& database = *sides.store.parts().database;
  std::vector<Displaced> all;
  std::vector<std::optional<StoredTree>> before, target;
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    before.push_back(sides.before(operation.journal, i));
    target.push_back(sides.target(operation.journal, i));
  }
  const auto& entries = operation.journal.entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const JournalEntry& entry = entries[i];
    if (!operation.has_stage(entry.stage)) continue;
    for (const bool in_old : {false, true}) {
      if (!in_old && entry.kind == SwitchKind::Remove) continue;
      const fs::NameAt slot = in_old ? operation.old_slot(entry) : operation.new_slot(entry);
      const std::string path = operation.live_path(entry);
      const auto status = find_status(slot, path);
      if (!status) continue;
      Displaced displaced{.entry = i, .in_old = in_old, .reason = {}};
      const bool was_live = entry.kind != SwitchKind::Add && status->st_ino == entry.old.inode;
      auto& side = was_live ? before[entry.profile] : target[entry.profile];
      const bool is_ours = was_live || status->st_ino == entry.new_inode;
      if (is_ours && !was_live && fs::ctime_of(*status) == entry.new_ctime) {
        // It never left the stage: nobody but us can have touched it, whole or not.
      } else if (!is_ours || !side) {
        displaced.state = Displaced::State::Changed;
        displaced.reason = "it took the place of an entry that was being replaced";
      } else {
        try {
          const Node node = find_stored(*side, entry.path);
          if (S_ISREG(status->st_mode)) {
            judge_file(slot.directory, slot.name, node.entry, path, displaced);
          } else if (S_ISDIR(status->st_mode)) {
            judge_directory(database, node, slot.directory, slot.name, entry.path, was_live,
                            displaced);
          }
        } catch (const Error& error) {
          displaced.state = Displaced::State::Changed;
          displaced.reason = error.what();
        }
      }
      all.push_back(std::move(displaced));
    }
  }
  return all;
}

std::vector<RestoreIssue> clear_stages(OpenOperation& operation,
                                       const std::vector<Displaced>& displaced) {
  std::vector<RestoreIssue> kept;
  for (const Displaced& one : displaced) {
    const JournalEntry& entry = operation.journal.entries[one.entry];
    const fs::NameAt slot = one.in_old ? operation.old_slot(entry) : operation.new_slot(entry);
    const std::string path = operation.slot_path(entry, slot);
    std::string reason = one.reason;
    if (one.state == Displaced::State::Known) {
      try {
        remove_slot(slot, path, operation.stage(entry.stage),
                    operation.journal.stages[entry.stage].path,
                    fmt::format("{}{}.{}", kGone, one.entry, int(one.in_old)));
        continue;
      } catch (const Error& error) {
        reason = error.what();  // the operation itself is done: this is something left
      }
    }
    kept.push_back({operation.live_path(entry),
                    fmt::format("{}; what it was is kept as {}", reason, path),
                    one.state != Displaced::State::Known, false});
  }
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (!operation.has_stage(i)) continue;
    const std::string& path = operation.journal.stages[i].path;
    try {
      remove_gone(operation.stage(i), path);
      // Every name the journal has was looked at and is gone. What else was staged never was live:
      // it is what could not be brought back whole.
      if (kept.empty()) remove_unused(operation, i);
      remove_stage(operation.journal.stages[i], false);
    } catch (const Error& error) {
      kept.push_back({path, fmt::format("it cannot be removed: {}", error.what()), false, false});
    }
  }
  return kept;
}

void remove_stages(OpenOperation& operation) {
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (operation.has_stage(i)) open_up(operation.stage(i));
    remove_stage(operation.journal.stages[i], true);
  }
}

}  // namespace stravinsky
