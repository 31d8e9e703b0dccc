#include "restore/open_operation.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "core/text.hpp"
#include "fs/beneath.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/set_attributes.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

std::vector<LiveRoots> live_roots_of(const FileJournal& journal) {
  std::vector<LiveRoots> live;
  for (const JournalProfile& profile : journal.profiles) live.emplace_back(profile.roots);
  return live;
}

}  // namespace

OpenOperation::OpenOperation(FileJournal opened)
    : journal(std::move(opened)), live(live_roots_of(journal)) {
  open_stages();
}

OpenOperation::OpenOperation(FileJournal opened, std::vector<LiveRoots> roots)
    : journal(std::move(opened)), live(std::move(roots)) {}

void OpenOperation::open_stages() {
  for (const JournalStage& stage : journal.stages) {
    fs::Fd fd = fs::open_at(AT_FDCWD, stage.path.c_str(), kDirectory);
    if (!fd && errno != ENOENT && errno != ENOTDIR) fs::throw_errno("open", stage.path);
    struct stat status {};
    if (fd && (fstat(fd.get(), &status) != 0 || status.st_uid != geteuid() ||
               (stage.inode != 0 && status.st_ino != stage.inode))) {
      throw Error(Errc::Changed, fmt::format("cannot use {}", quoted(stage.path)),
                  "another directory has taken the place of the stage", "look at it by hand");
    }
    old_.push_back(fd ? fs::open_at(fd.get(), "old", kDirectory) : fs::Fd());
    stages_.push_back(std::move(fd));
  }
}

void OpenOperation::make_stages() {
  for (JournalStage& stage : journal.stages) {
    const std::string holder = fs::parent_of(stage.path);
    const fs::Fd directory = fs::open_directory(holder);
    const std::string name = stage.path.substr(stage.path.rfind('/') + 1);
    if (mkdirat(directory.get(), name.c_str(), 0700) != 0) fs::throw_errno("create", stage.path);
    fs::Fd fd = fs::open_at(directory.get(), name.c_str(), kDirectory);
    if (!fd) fs::throw_errno("open", stage.path);
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) fs::throw_errno("look at", stage.path);
    // A umask may have taken from us what we need, and an inherited ACL may open it to others.
    if (fchmod(fd.get(), 0700) != 0) fs::throw_errno("change mode of", stage.path);
    stage.inode = status.st_ino;
    if (mkdirat(fd.get(), "old", 0700) != 0) fs::throw_errno("create", stage.path + "/old");
    old_.push_back(fs::open_at(fd.get(), "old", kDirectory));
    stages_.push_back(std::move(fd));
    if (stage.inside) {
      fs::AttributeSetter(directory.get(), fs::AttributeSetter::Kind::Open).set_mtime(stage.mtime);
    }
  }
}

LivePlace OpenOperation::place_of(const JournalEntry& entry) {
  return live[entry.profile].place_of(entry.path);
}

fs::NameAt OpenOperation::new_slot(const JournalEntry& entry) {
  const std::string path = join_path(staged_top(entry.profile), entry.path);
  const std::string parent = entry.path.empty() ? std::string() : parent_path(path);
  if (last_stage_ != entry.stage || last_path_ != parent || !last_) {
    last_ = fs::Fd();
    if (has_stage(entry.stage)) {
      last_ = fs::open_beneath(stage(entry.stage), parent, O_RDONLY | O_DIRECTORY);
      // What cannot be looked at is not gone.
      if (!last_ && errno != ENOENT && errno != ENOTDIR) {
        fs::throw_errno("look into", journal.stages[entry.stage].path);
      }
    }
    last_stage_ = entry.stage;
    last_path_ = parent;
  }
  return {last_.get(), entry.path.empty() ? staged_top(entry.profile) : last_name(path)};
}

fs::NameAt OpenOperation::old_slot(const JournalEntry& entry) {
  return {old_[entry.stage].get(), fmt::format("{}", &entry - journal.entries.data())};
}

std::string OpenOperation::live_path(const JournalEntry& entry) const {
  return live[entry.profile].live_path(entry.path);
}

std::string OpenOperation::slot_path(const JournalEntry& entry, const fs::NameAt& slot) const {
  const std::string& stage = journal.stages[entry.stage].path;
  if (slot.directory == old_[entry.stage].get()) return stage + "/old/" + slot.name;
  return stage + "/" + join_path(staged_top(entry.profile), entry.path);
}

std::string staged_top(std::size_t profile) { return fmt::format("new.{}", profile); }

std::optional<struct stat> find_status(const fs::NameAt& at, const std::string& path) {
  if (at.directory < 0) return std::nullopt;
  struct stat status {};
  if (fstatat(at.directory, at.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  fs::throw_errno("look at", path);
}

bool make_writable(int directory) noexcept {
  struct stat status {};
  if (geteuid() == 0 || fstat(directory, &status) != 0) return false;
  if ((status.st_mode & 0300) == 0300 || status.st_uid != geteuid()) return false;
  return fchmod(directory, (status.st_mode & 07777) | 0300) == 0;
}

}  // namespace stravinsky
