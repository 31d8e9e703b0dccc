#include "restore/finish_directories.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "fs/beneath.hpp"
#include "restore/walk_tree.hpp"
#include "snapshots/path.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

using Issues = std::vector<RestoreIssue>;

/// @param other  the other side of the same directory: what only that has goes
void give(int directory, const Entry& entry, const std::optional<Entry>& other, OwnerPolicy& owners,
          const std::string& path, Issues& issues) {
  const fs::AttributeSetter setter(directory, fs::AttributeSetter::Kind::Open);
  if (other) {
    for (const auto& had : other->xattrs) {
      const bool stays = std::any_of(entry.xattrs.begin(), entry.xattrs.end(),
                                     [&](const auto& xattr) { return xattr.first == had.first; });
      if (!stays) setter.remove_xattr(had.first);
    }
  }
  struct stat present {};
  if (const int error = setter.status(present)) throw fs::errno_error("look at", path, error);
  for (const std::string& reason : apply_attributes(setter, entry, present, true, owners)) {
    issues.push_back({path, reason, false, false});
  }
}

/// An error with one directory stays with it.
template <typename Step>
void each_directory(JournalProfile& profile, Issues& issues, Step&& step) {
  // From the deepest upwards: the mode of one may close the way to what lies in it.
  for (auto at = profile.directories.rbegin(); at != profile.directories.rend(); ++at) {
    try {
      step(*at);
    } catch (const Error& error) {
      issues.push_back({at->path, error.what(), false, false});
    }
  }
}

}  // namespace

Issues finish_directories(OpenOperation& operation, const SideTrees& sides) {
  Issues issues;
  OwnerPolicy owners(sides.owner, sides.numeric_ids);
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    JournalProfile& profile = operation.journal.profiles[i];
    if (profile.directories.empty()) continue;
    StoredTree tree = sides.target(operation.journal, i);
    std::optional<StoredTree> before = sides.before(operation.journal, i);
    each_directory(profile, issues, [&](const JournalDirectory& directory) {
      const auto fd = operation.live[i].open_directory(directory.path);
      const auto entry = directory.give ? tree.find_entry(directory.path) : std::nullopt;
      if (entry && entry->type == EntryType::Directory && entry->has_attributes) {
        const auto other =
            before && !directory.is_new ? before->find_entry(directory.path) : std::nullopt;
        give(fd->get(), *entry, other, owners, directory.path, issues);
      } else if (!directory.is_new) {
        struct stat status {};
        const fs::AttributeSetter setter(fd->get(), fs::AttributeSetter::Kind::Open);
        if (setter.status(status) == 0 && (status.st_mode & 07777) != directory.mode) {
          setter.set_mode(directory.mode);  // opened only to write there
        }
      }
    });
  }
  return issues;
}

Issues put_back_directories(OpenOperation& operation, const SideTrees& sides) {
  Issues issues;
  OwnerPolicy owners(true, true);
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    JournalProfile& profile = operation.journal.profiles[i];
    std::optional<StoredTree> before = sides.before(operation.journal, i);
    if (profile.directories.empty() || !before) continue;
    StoredTree target = sides.target(operation.journal, i);
    each_directory(profile, issues, [&](const JournalDirectory& directory) {
      if (directory.is_new) return;
      const auto fd = operation.live[i].open_directory(directory.path);
      struct stat status {};
      if (fstat(fd->get(), &status) != 0 || status.st_ino != directory.inode) return;
      auto entry = before->find_entry(directory.path);
      if (!entry || entry->type != EntryType::Directory || !entry->has_attributes) return;
      entry->mode = directory.mode;
      entry->mtime = directory.mtime;
      give(fd->get(), *entry, directory.give ? target.find_entry(directory.path) : std::nullopt,
           owners, directory.path, issues);
    });
  }
  return issues;
}

Issues seal_entries(OpenOperation& operation, const SideTrees& sides, Sealing sealing) {
  Issues issues;
  const ObjectDatabase& database = *sides.store.parts().database;
  const auto set = [&](int parent, const std::string& name, const Entry& entry,
                       const std::string& path) {
    const std::uint32_t flags = entry.flags & kSealingFlags;
    if (flags == 0) return;
    const fs::Fd fd = fs::open_at(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const fs::AttributeSetter setter(fd.get(), fs::AttributeSetter::Kind::Open);
    const int error =
        fd ? setter.set_inode_flags(sealing == Sealing::Set ? flags : 0, kSealingFlags) : errno;
    if (error == 0) return;
    issues.push_back(
        {path, fs::errno_error("set the inode flags of", path, error).what(), false, false});
  };
  std::vector<StoredTree> targets;
  for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
    targets.push_back(sides.target(operation.journal, i));
  }
  for (const JournalEntry& entry : operation.journal.entries) {
    if (entry.kind == SwitchKind::Remove) continue;
    StoredTree& target = targets[entry.profile];
    const Node* node = entry.path.empty() ? nullptr : target.find(entry.path);
    if (node == nullptr && !entry.path.empty()) continue;
    const bool is_directory = node == nullptr || node->entry.type == EntryType::Directory;
    if (!is_directory && (node->entry.flags & kSealingFlags) == 0) continue;
    const LivePlace place = operation.place_of(entry);
    const auto status = find_status({place.parent->get(), place.name}, entry.path);
    if (!status || status->st_ino != entry.new_inode) continue;
    if (!is_directory) {
      set(place.parent->get(), place.name, node->entry, entry.path);
      continue;
    }
    const auto top = operation.live[entry.profile].open_directory(entry.path);
    TreeWalk walk;
    walk.visit = [&](const std::string& path, const Entry& below, const Node&) {
      if ((below.flags & kSealingFlags) == 0) return;
      const fs::Fd parent = fs::open_beneath(top->get(), parent_path(path), O_RDONLY | O_DIRECTORY);
      if (parent)
        set(parent.get(), path.empty() ? "." : below.name, below, join_path(entry.path, path));
    };
    walk.damaged = [](const std::string&, const Error&) {};
    walk_tree(database, node == nullptr ? target.top() : node->directory, entry.path,
              entry.path.empty() ? Position::Top : Position::Below, walk);
  }
  return issues;
}

}  // namespace stravinsky
