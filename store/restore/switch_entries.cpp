// One name at a time, each by a step that leaves the live name whole: an exchange, a rename to a
// free name, or a rename out. What was seen just before is compared again just after, since nothing
// keeps others from the name in between; a stranger goes back to where it was, and the operation
// reverts.
#include "restore/switch_entries.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "core/text.hpp"
#include "fs/fd.hpp"
#include "fs/file_status.hpp"

namespace stravinsky {
namespace {

using fs::NameAt;

constexpr const char* kTaken =
    "somebody else took its name while it was put back; what is there is left alone";

bool is_inode(const std::optional<struct stat>& status, std::uint64_t inode) {
  return status && status->st_ino == inode;
}

/// The same file, and nobody touched it. A link more or less changes the ctime of all names of an
/// inode: then its times of change and size have to do.
bool is_as_captured(const struct stat& status, const LiveIdentity& old) {
  if (status.st_ino != old.inode || (status.st_mode & S_IFMT) != (old.mode & S_IFMT)) return false;
  if (fs::ctime_of(status) == old.ctime) return true;
  return old.links > 1 && !S_ISDIR(status.st_mode) && fs::mtime_of(status) == old.mtime &&
         static_cast<std::uint64_t>(status.st_size) == old.size && status.st_mode == old.mode;
}

class EntrySwitch {
 public:
  EntrySwitch(OpenOperation& operation, const JournalEntry& entry)
      : entry_(entry),
        path_(operation.live_path(entry)),
        place_(operation.place_of(entry)),
        live_{place_.parent->get(), place_.name},
        new_(entry.kind == SwitchKind::Remove ? NameAt{} : operation.new_slot(entry)),
        old_(operation.old_slot(entry)) {
    struct stat parent {};
    if (fstat(live_.directory, &parent) != 0) fail("look at the directory of", errno);
    if (parent.st_ino != entry.parent_inode) {
      throw changed("another directory stands in the place of the one that held it");
    }
  }

  Switched look() const {
    const auto live = find_status(live_, path_);
    switch (entry_.kind) {
      case SwitchKind::Add:
        if (!live)
          return is_inode(find_status(new_, path_), entry_.new_inode) ? Switched::No
                                                                      : Switched::Other;
        return is_inode(live, entry_.new_inode) ? Switched::Yes : Switched::Other;
      case SwitchKind::Replace:
        if (is_inode(live, entry_.old.inode)) return Switched::No;
        if (is_inode(live, entry_.new_inode)) return Switched::Yes;
        return !live && displaced() ? Switched::Half : Switched::Other;
      case SwitchKind::Remove:
        if (is_inode(live, entry_.old.inode)) return Switched::No;
        return !live && displaced() ? Switched::Yes : Switched::Other;
    }
    return Switched::Other;
  }

  void forward() {
    make_writable(live_.directory);
    switch (look()) {
      case Switched::Yes:
        return drop_second_name();
      case Switched::Half:
        // What was switched already and then removed by others comes back by nobody's name.
        if (!is_inode(find_status(new_, path_), entry_.new_inode)) {
          throw changed("it was removed meanwhile");
        }
        return put_new();
      case Switched::Other:
        throw changed(find_status(live_, path_) ? "something else has its name now"
                                                : "it was removed meanwhile");
      case Switched::No:
        break;
    }
    if (entry_.kind == SwitchKind::Add) return put_new();
    const auto live = find_status(live_, path_);
    if (!live || !is_as_captured(*live, entry_.old)) throw changed("it was edited meanwhile");
    if (S_ISDIR(live->st_mode)) open_up(live_);
    if (entry_.kind == SwitchKind::Remove || !exchange()) {
      take_out();
      if (entry_.kind == SwitchKind::Replace) put_new();
      was_absent_ = entry_.kind == SwitchKind::Replace;
    }
  }

  bool was_absent() const noexcept { return was_absent_; }

  /// @returns why the name stays as it is; empty: it is as it was captured
  std::string back() {
    make_writable(live_.directory);
    const Switched state = look();
    if (state == Switched::No || state == Switched::Yes) drop_second_name();
    if (state == Switched::No) return {};
    if (state == Switched::Other) return describe_other();
    if (entry_.kind == SwitchKind::Add) return take_back();
    if (entry_.kind == SwitchKind::Replace && state == Switched::Yes) {
      if (is_inode(find_status(new_, path_), entry_.old.inode)) {
        if (const int error = fs::exchange(new_, live_); error != 0) fail("put back", error);
        if (!is_inode(find_status(new_, path_), entry_.new_inode)) {
          return "it was replaced while it was put back; what it was then is kept";
        }
        return restore_mode();
      }
      if (std::string problem = take_back(); !problem.empty()) return problem;
    }
    const NameAt& from = is_inode(find_status(old_, path_), entry_.old.inode) ? old_ : new_;
    const int error = fs::move_to_free_name(from, live_);
    if (error == EEXIST || error == ENOENT) return kTaken;
    if (error != 0) fail("put back", error);
    return restore_mode();
  }

 private:
  bool displaced() const {
    return is_inode(find_status(old_, path_), entry_.old.inode) ||
           is_inode(find_status(new_, path_), entry_.old.inode);
  }

  std::string describe_other() const {
    // Never switched, and removed or replaced by others: as they want it.
    const auto live = find_status(live_, path_);
    if (entry_.kind == SwitchKind::Add && !live) return {};
    return live ? "it was replaced meanwhile; what is there now is left alone"
                : "it was removed meanwhile";
  }

  [[noreturn]] void fail(std::string_view what, int error) const {
    throw fs::errno_error(what, path_, error);
  }

  Error changed(const std::string& why) const {
    return Error(Errc::Changed, fmt::format("cannot replace {}", quoted(path_)), why,
                 "run it again");
  }

  /// To move a directory to another parent its owner must be allowed to write to it.
  static void open_up(const NameAt& at) {
    if (geteuid() == 0) return;
    const fs::Fd fd =
        fs::open_at(at.directory, at.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd) make_writable(fd.get());
  }

  std::string restore_mode() const {
    if (!S_ISDIR(entry_.old.mode) || geteuid() == 0) return {};
    const fs::Fd fd =
        fs::open_at(live_.directory, live_.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd && fchmod(fd.get(), entry_.old.mode & 07777) != 0) return "its mode was not put back";
    return {};
  }

  void put_new() {
    open_up(new_);
    const int error = fs::move_to_free_name(new_, live_);
    if (error == EEXIST) throw changed("something else has its name now");
    if (error != 0) fail("put in place", error);
  }

  /// False: the filesystem cannot.
  bool exchange() {
    open_up(new_);
    const int error = fs::exchange(new_, live_);
    if (error == EINVAL || error == ENOSYS) return false;
    if (error == ENOENT) throw changed("it was removed meanwhile");
    if (error != 0) fail("replace", error);
    if (is_inode(find_status(new_, path_), entry_.old.inode)) return true;
    // A stranger came between the look and the exchange: back with it.
    if (fs::exchange(new_, live_) != 0 || !is_inode(find_status(new_, path_), entry_.new_inode)) {
      throw changed("it was replaced twice meanwhile; the older of these two is kept in the stage");
    }
    throw changed("it was replaced meanwhile");
  }

  void take_out() {
    const int error = fs::move_to_own_name(live_, old_);
    if (error == ENOENT) throw changed("it was removed meanwhile");
    if (error != 0) fail("remove", error);
    if (is_inode(find_status(old_, path_), entry_.old.inode)) return;
    fs::move_to_free_name(old_, live_);
    throw changed("it was replaced meanwhile");
  }

  /// What was put in place goes back into the stage.
  std::string take_back() const {
    const int error = fs::move_to_own_name(live_, new_);
    if (error == EEXIST || error == ENOENT) return kTaken;
    if (error != 0) fail("put back", error);
    if (is_inode(find_status(new_, path_), entry_.new_inode)) return {};
    fs::move_to_free_name(new_, live_);
    return kTaken;
  }

  /// Without a rename that spares what has a name, a file comes by its live name as by a link: a
  /// crash may have left it with the name in the stage as well, which then is one too many.
  void drop_second_name() const {
    const auto live = find_status(live_, path_);
    if (!live || S_ISDIR(live->st_mode)) return;
    for (const NameAt* slot : {&new_, &old_}) {
      if (!is_inode(find_status(*slot, path_), live->st_ino)) continue;
      if (unlinkat(slot->directory, slot->name.c_str(), 0) != 0) {
        fail("take the second name of", errno);
      }
    }
  }

  const JournalEntry& entry_;
  std::string path_;
  LivePlace place_;
  NameAt live_, new_, old_;
  bool was_absent_ = false;
};

}  // namespace

Switched look_at_entry(OpenOperation& operation, const JournalEntry& entry) {
  return EntrySwitch(operation, entry).look();
}

bool switch_forward(OpenOperation& operation) {
  bool any_absent = false;
  for (const JournalEntry& entry : operation.journal.entries) {
    EntrySwitch one(operation, entry);
    one.forward();
    any_absent = any_absent || one.was_absent();
    operation.live[entry.profile].reopen(entry.path);
  }
  return any_absent;
}

std::vector<RestoreIssue> switch_back(OpenOperation& operation) {
  std::vector<RestoreIssue> issues;
  const std::vector<JournalEntry>& entries = operation.journal.entries;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    std::string problem;
    try {
      problem = EntrySwitch(operation, *entry).back();
      operation.live[entry->profile].reopen(entry->path);
    } catch (const Error& error) {
      // One name that others moved away keeps none of the rest from going back.
      if (error.code() != Errc::Changed) throw;
      problem = error.what();
    }
    if (!problem.empty()) {
      issues.push_back({operation.live_path(*entry), std::move(problem), true, false});
    }
  }
  return issues;
}

}  // namespace stravinsky
