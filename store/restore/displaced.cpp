#include "restore/displaced.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "fs/beneath.hpp"
#include "fs/file_status.hpp"
#include "fs/other_processes.hpp"
#include "restore/compare_restored.hpp"
#include "restore/walk_tree.hpp"
#include "restore/write_content.hpp"
#include "snapshots/path.hpp"
#include "snapshots/stored_tree.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr int kRead = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME;

/// @param has_attributes  it was given all of them: if others differ, somebody changed them
void judge_file(int directory, const std::string& name, const Entry& entry, const std::string& path,
                bool has_attributes, Displaced& displaced) {
  const fs::Fd fd = open_for_reading(directory, name);
  if (!fd) {
    displaced.state = Displaced::State::Changed;
    displaced.reason = fs::errno_error("read", path, errno).what();
    return;
  }
  judge_writers(fd.get(), displaced);
  if (displaced.state == Displaced::State::InUse) return;
  struct stat status {};
  const bool same = fstat(fd.get(), &status) == 0 && has_content(fd.get(), entry, path);
  const bool as_stored = (status.st_mode & 07777) == entry.mode &&
                         (!entry.mtime || fs::mtime_of(status) == *entry.mtime);
  if (same && (as_stored || !has_attributes)) return;
  displaced.state = Displaced::State::Changed;
  displaced.reason = "it was edited while it was replaced";
}

bool is_there(int top, const std::string& path) {
  const fs::Fd parent = fs::open_beneath(top, parent_path(path), O_RDONLY | O_DIRECTORY);
  return parent && find_status({parent.get(), last_name(path)}, path).has_value();
}

/// @param was_live  it is what was replaced; otherwise it is what we made, perhaps not whole
/// @param has_attributes  as of a file
void judge_directory(const ObjectDatabase& database, const Node& node, int directory,
                     const std::string& name, const std::string& path, bool was_live,
                     bool has_attributes, Displaced& displaced) {
  const fs::Fd top = fs::open_at(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) fs::throw_errno("open", path);
  const Position position = path.empty() ? Position::Top : Position::Below;
  // Writers first: what one that is gone by now wrote is among the differences. Who stands in the
  // directory can still open files by relative names: that is looked for once more while it goes.
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
    if (!has_attributes && !issue.content) continue;
    displaced.state = Displaced::State::Changed;
    displaced.reason = fmt::format("{}: {}", join_path(path, issue.path), issue.reason);
    return;
  }
}

}  // namespace

fs::Fd open_for_reading(int directory, const std::string& name) {
  fs::Fd fd = fs::open_at(directory, name.c_str(), kRead);
  // Only the owner may leave the time of access alone.
  if (!fd && errno == EPERM) fd = fs::open_at(directory, name.c_str(), kRead & ~O_NOATIME);
  return fd;
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

Node find_stored(StoredTree& tree, const std::string& path) {
  if (path.empty()) {
    // A root that is a file stands in a made-up top.
    const auto directory = tree.find_directory("");
    if (!directory->self.has_attributes) return directory->nodes.at(0);
    Node top;
    top.entry.type = EntryType::Directory;
    top.directory = tree.top();
    return top;
  }
  if (const Node* node = tree.find(path)) return *node;
  throw Error(Errc::NotFound, "cannot compare " + path, "the snapshot does not have it");
}

std::vector<Displaced> look_at_displaced(OpenOperation& operation, const SideTrees& sides) {
  const ObjectDatabase& database = *sides.store.parts().database;
  std::vector<Displaced> all;
  std::vector<std::optional<StoredTree>> before, target;
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    before.push_back(sides.before(operation.journal, i));
    target.push_back(sides.target(operation.journal, i));
  }
  // Something could not be staged with everything: attributes of what we made tell nothing then.
  const bool made_whole = operation.journal.issues.empty();
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
            judge_file(slot.directory, slot.name, node.entry, path, was_live || made_whole,
                       displaced);
          } else if (S_ISDIR(status->st_mode)) {
            judge_directory(database, node, slot.directory, slot.name, entry.path, was_live,
                            was_live || made_whole, displaced);
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

}  // namespace stravinsky
