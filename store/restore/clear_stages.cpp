// Line n may be the last one that runs; whoever recovers the operation finds:
//   1  a file or an empty slot less      what is left in the slots, judged anew
//   2  a directory under a gone name     that, and what is left in it: it is emptied on
//   (remove_known) 3  stages partly removed             what no journal entry names: it never was
//   live
#include "restore/clear_stages.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/file_status.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "restore/remove_known.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kGone = "gone.";

std::string gone_name(std::size_t entry, bool in_old) {
  return fmt::format("{}{}.{}", kGone, entry, int(in_old));
}

/// The entry of which a gone name is; empty: none has it.
std::optional<std::size_t> entry_of(const FileJournal& journal, std::string_view name) {
  name.remove_prefix(kGone.size());
  const auto index = parse_unsigned(name.substr(0, name.find('.')));
  if (!index || *index >= journal.entries.size()) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

std::vector<std::string> gone_names(const OpenOperation& operation, std::size_t stage) {
  std::vector<fs::DirectoryEntry> entries;
  if (const int error = fs::list_directory(operation.stage(stage), entries); error != 0) {
    throw fs::errno_error("list", operation.journal.stages[stage].path, error);
  }
  std::vector<std::string> names;
  for (const fs::DirectoryEntry& entry : entries) {
    if (entry.name.starts_with(kGone)) names.push_back(entry.name);
  }
  // What a crash left outside of a directory goes first: its name is needed for the next one.
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

RestoreIssue kept_issue(const OpenOperation& operation, std::size_t entry,
                        const std::string& reason, const std::string& place) {
  return {operation.live_path(operation.journal.entries[entry]),
          fmt::format("{}; what it was is kept as {}", reason, place), true, false};
}

/// Lets us remove what closed directories hold: nothing of it is anybody else's.
void open_up_all(int directory) {
  if (geteuid() == 0) return;
  std::vector<fs::DirectoryEntry> entries;
  fchmod(directory, 0700);
  if (fs::list_directory(directory, entries) != 0) return;
  for (const fs::DirectoryEntry& entry : entries) {
    open_up(directory, entry.name);
    const fs::Fd below =
        fs::open_at(directory, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (below) open_up_all(below.get());
  }
}

/// A directory takes many steps to remove: renamed first, so that after a crash between them nobody
/// judges it as if it were whole.
void remove_slot(const fs::NameAt& slot, const std::string& path, int stage,
                 const std::string& gone) {
  if (unlinkat(slot.directory, slot.name.c_str(), 0) == 0 || errno == ENOENT) return;  // 1
  if (errno != EISDIR && errno != EPERM) fs::throw_errno("remove", path);
  // Its parent's entry changes with the rename, so it must be ours to write. Whoever judges it once
  // more after a crash here does not ask for the mode of the directory itself.
  open_up(slot.directory, slot.name);
  if (renameat(slot.directory, slot.name.c_str(), stage, gone.c_str()) != 0) {  // 2
    fs::throw_errno("remove", path);
  }
}

/// Both sides of an entry of which something is gone; the first is what it most likely was.
std::vector<Node> sides_of(OpenOperation& operation, const SideTrees& sides, std::size_t index,
                           bool was_live) {
  const JournalEntry& entry = operation.journal.entries[index];
  std::vector<Node> nodes;
  for (const bool live : {was_live, !was_live}) {
    std::optional<StoredTree> tree;
    if (live) {
      tree = sides.before(operation.journal, entry.profile);
    } else {
      tree = sides.target(operation.journal, entry.profile);
    }
    try {
      if (!tree) continue;
      Node node = find_stored(*tree, entry.path);
      if (node.entry.type == EntryType::Directory) nodes.push_back(std::move(node));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound) throw;  // the other side has it
    }
  }
  return nodes;
}

/// Empties one gone name. @returns why something stays
std::string remove_gone(OpenOperation& operation, const SideTrees& sides, std::size_t stage,
                        const std::string& name, std::size_t index) {
  const ObjectDatabase& database = *sides.store.parts().database;
  const JournalEntry& entry = operation.journal.entries[index];
  const auto status = find_status({operation.stage(stage), name}, name);
  if (!status) return {};
  const Position position = entry.path.empty() ? Position::Top : Position::Below;
  const bool was_live = status->st_ino == entry.old.inode;
  const std::vector<Node> nodes = sides_of(operation, sides, index, was_live);
  std::string reason = "no snapshot has it";
  if (S_ISDIR(status->st_mode)) {
    if (nodes.empty()) return reason;
    return remove_known(database, operation.stage(stage), name, nodes.front(), position);
  }
  for (const Node& node : nodes) {
    reason = remove_known_file(database, operation.stage(stage), name, node, position);
    if (reason.empty()) break;
  }
  return reason;
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
    if (top) open_up_all(top.get());
    fs::remove_tree(operation.journal.stages[stage].path + "/" + name);
  }
}

}  // namespace

std::vector<RestoreIssue> clear_stages(OpenOperation& operation, const SideTrees& sides,
                                       const std::vector<Displaced>& displaced) {
  std::vector<RestoreIssue> kept;
  for (const Displaced& one : displaced) {
    const JournalEntry& entry = operation.journal.entries[one.entry];
    const fs::NameAt slot = one.in_old ? operation.old_slot(entry) : operation.new_slot(entry);
    const std::string path = operation.slot_path(entry, slot);
    std::string reason = one.reason;
    if (one.state == Displaced::State::Known) {
      try {
        remove_slot(slot, path, operation.stage(entry.stage), gone_name(one.entry, one.in_old));
        continue;
      } catch (const Error& error) {
        reason = error.what();  // the operation itself is done: this is something left
      }
    }
    kept.push_back(kept_issue(operation, one.entry, reason, path));
    kept.back().content = one.state != Displaced::State::Known;
  }
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (!operation.has_stage(i)) continue;
    const std::string& path = operation.journal.stages[i].path;
    try {
      for (const std::string& name : gone_names(operation, i)) {
        const auto entry = entry_of(operation.journal, name);
        if (!entry) continue;
        const std::string reason = remove_gone(operation, sides, i, name, *entry);
        if (!reason.empty()) {
          kept.push_back(kept_issue(operation, *entry, reason, path + "/" + name));
          kept.back().content = false;  // nobody uses it as far as we know: it is not cleared
        }
      }
      // Every name the journal has was looked at and is gone. What else was staged never was live:
      // it is what could not be brought back whole.
      if (kept.empty()) remove_unused(operation, i);
      remove_stage(operation.journal.stages[i], false);  // 3
    } catch (const Error& error) {
      kept.push_back({path, fmt::format("it cannot be removed: {}", error.what()), false, false});
    }
  }
  return kept;
}

std::vector<RestoreIssue> list_gone(OpenOperation& operation) {
  std::vector<RestoreIssue> left;
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (!operation.has_stage(i)) continue;
    for (const std::string& name : gone_names(operation, i)) {
      const auto entry = entry_of(operation.journal, name);
      if (!entry) continue;
      left.push_back({operation.live_path(operation.journal.entries[*entry]),
                      fmt::format("not all of it was known when it was to go; kept as {}/{}",
                                  operation.journal.stages[i].path, name),
                      true, false});
    }
  }
  return left;
}

void remove_stages(OpenOperation& operation) {
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (operation.has_stage(i)) open_up_all(operation.stage(i));
    remove_stage(operation.journal.stages[i], true);
  }
}

}  // namespace stravinsky
