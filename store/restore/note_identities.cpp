#include "restore/note_identities.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/text.hpp"
#include "fs/file_status.hpp"

namespace stravinsky {
namespace {

void note_entry(OpenOperation& operation, JournalEntry& entry, SeenEntries& seen) {
  const auto status = seen.find(entry.path);
  if (!status) {
    throw Error(Errc::Changed, fmt::format("cannot replace {}", quoted(operation.live_path(entry))),
                "it was not captured", "run it again");
  }
  entry.old = {status->inode, status->ctime(), status->mtime(),
               status->size,  status->mode,    status->links};
}

JournalDirectory note_directory(LiveRoots& live, const PlannedDirectory& planned,
                                std::optional<SeenEntries>& seen) {
  JournalDirectory directory;
  directory.path = planned.path;
  directory.is_new = planned.is_new;
  directory.give = planned.give;
  if (planned.is_new) return directory;
  const auto fd = live.open_directory(planned.path);
  struct stat status {};
  if (fstat(fd->get(), &status) != 0) fs::throw_errno("look at", planned.path);
  const auto known = seen->find(planned.path);
  if (!known || known->inode != status.st_ino) {
    throw Error(Errc::Changed, fmt::format("cannot go on in {}", quoted(planned.path)),
                "another directory stands in its place", "run it again");
  }
  directory.inode = status.st_ino;
  directory.mode = status.st_mode & 07777;
  directory.mtime = fs::mtime_of(status);
  return directory;
}

}  // namespace

void note_identities(OpenOperation& operation, const std::vector<StagedProfile>& profiles,
                     std::vector<std::optional<SeenEntries>>& seen) {
  for (JournalEntry& entry : operation.journal.entries) {
    if (entry.kind != SwitchKind::Add) note_entry(operation, entry, *seen[entry.profile]);
  }
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    for (const PlannedDirectory& planned : profiles[i].plan.directories) {
      operation.journal.profiles[i].directories.push_back(
          note_directory(operation.live[i], planned, seen[i]));
    }
  }
}

}  // namespace stravinsky
