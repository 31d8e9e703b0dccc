#include "scan/walk.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "index/believable.hpp"

namespace stravinsky {

Walk::Walk(Scanner& scanner) : scanner_(scanner) {
  for (const NeverPath& path : scanner.never) {
    never_fingerprint_ += fmt::format("{}:{} ", path.device, path.inode);
  }
}

void Walk::run() {
  begin_top();
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.later.size()) {
      leave();
    } else {
      visit(level.later[level.next++]);
    }
  }
}

void Walk::begin_top() {
  Roots& roots = scanner_.roots;
  if (roots.size() == 1 && roots.front()->mount.empty()) {
    enter_root(*roots.front(), 0);
    return;
  }
  auto top = std::make_shared<PendingDirectory>();
  top->record = scanner_.cache.find_top();
  // A directory that was the top has a status, a made-up one has none.
  if (top->record && top->record->head().status != fs::FileStatus()) top->record.reset();
  top->trusted = top->record.has_value();
  for (const auto& root : roots) {
    top->names.push_back({root->mount, 0, 0});
    Child child;
    child.type = root->is_file ? EntryType::File : EntryType::Directory;
    top->children.push_back(std::move(child));
  }
  for (std::size_t i = 0; i < roots.size(); ++i) top->children[i].name = top->names[i].name;
  merge(*top);
  levels_.push_back({top, std::make_shared<fs::Fd>(), {}, 0, 0, false});
  look_at_children(levels_.back());
}

void Walk::visit(std::uint32_t index) {
  Level& level = levels_.back();
  const Child& child = level.directory->children[index];
  if (child.type != EntryType::Directory) {
    scanner_.join_hardlinks(level.directory, index, level.fd);
  } else if (level.directory->root == PendingDirectory::kMadeUp) {
    enter_root(scanner_.root_at(child.name), index);
  } else {
    enter(index);
  }
}

/// Takes a directory as the cache has it, if nobody wants it looked at.
bool Walk::pass_over(std::uint32_t index) {
  const std::set<std::string>* only = scanner_.options.only;
  if (only == nullptr) return false;
  const PendingDirectory& parent = *levels_.back().directory;
  const Child& child = parent.children[index];
  if (!parent.record || !child.cached || child.cached.type() != EntryType::Directory ||
      only->contains(path_of(parent, child.name))) {
    return false;
  }
  const auto known = parent.record->find_directory(child.directory_number);
  if (!known) return false;
  const SharedDirectory directory = make_directory(index, known->head().status);
  directory->head = known->head();
  directory->trusted = true;
  directory->incomplete = known->head().incomplete;
  directory->list_again = known->head().list_again;
  scanner_.release(directory, true);
  return true;
}

void Walk::enter(std::uint32_t index) {
  if (pass_over(index)) return;
  Level& level = levels_.back();
  PendingDirectory& parent = *level.directory;
  Child& child = parent.children[index];
  if (!is_open(level)) {
    scanner_.lose(parent, child, Loss::Kind::Vanished, "its directory was moved or removed");
    return;
  }
  const Timestamp looked_at = scanner_.clock.now();
  const OpenRoot& root = *scanner_.roots[parent.root];
  fs::FileStatus status;
  if (scanner_.options.exclude.one_file_system &&
      fs::look_at(level.fd->get(), child.name.data(), status) == 0 && status.is_directory() &&
      status.device != root.status.device) {
    put_unentered(make_directory(index, status), looked_at);
    return;
  }
  auto fd =
      std::make_shared<fs::Fd>(fs::open_quietly(level.fd->get(), child.name.data(), O_DIRECTORY));
  int error = *fd ? fs::look_at(fd->get(), status) : errno;
  if (is_shortage(error)) {
    throw fs::errno_error("open", scanner_.live_path(parent, child.name), error);
  }
  if (error == ELOOP || error == ENOTDIR) {
    become_other(index);
    return;
  }
  if (error != 0) {
    const int missing = fs::look_at(level.fd->get(), child.name.data(), status);
    if (missing != 0) {
      scanner_.lose(parent, child, loss_of(missing), reason_of(missing));
    } else if (!status.is_directory()) {
      become_other(index);
    } else {
      put_unlistable(make_directory(index, status), error);
    }
    return;
  }
  if (is_never(status)) {
    drop_ours(parent, child);
    return;
  }
  if (above_.contains({status.device, status.inode})) {
    scanner_.warn(fmt::format("{} is one of the directories it lies in (a mount loop): not entered",
                              quoted(scanner_.live_path(parent, child.name))));
    put_unentered(make_directory(index, status), looked_at);
    return;
  }
  begin(make_directory(index, status), std::move(fd), looked_at);
}

void Walk::enter_root(OpenRoot& root, std::uint32_t index) {
  const Timestamp looked_at = scanner_.clock.now();
  auto fd =
      std::make_shared<fs::Fd>(fs::open_quietly(AT_FDCWD, root.real_path.c_str(), O_DIRECTORY));
  fs::FileStatus status = root.status;
  const int error = *fd ? fs::look_at(fd->get(), status) : errno;
  if (error != 0 && (scanner_.roots.size() == 1 || is_shortage(error))) {
    throw fs::errno_error("open", root.path, error);
  }
  root.status = status;
  SharedDirectory directory;
  if (levels_.empty()) {
    directory = std::make_shared<PendingDirectory>();
    directory->head.status = status;
    directory->record = scanner_.cache.find_top();
  } else {
    directory = make_directory(index, status);
  }
  directory->is_root = true;
  directory->root = 0;
  while (scanner_.roots[directory->root].get() != &root) ++directory->root;
  if (error != 0) {
    put_unlistable(directory, error);
    return;
  }
  path_.clear();
  excluder_.emplace(scanner_.options.exclude, root.include, never_fingerprint_);
  begin(std::move(directory), std::move(fd), looked_at);
}

/// Makes the directory that a child of the current level is, with its record in the cache.
SharedDirectory Walk::make_directory(std::uint32_t index, const fs::FileStatus& status) {
  const SharedDirectory& parent = levels_.back().directory;
  Child& child = parent->children[index];
  child.state = Child::State::Below;
  auto directory = std::make_shared<PendingDirectory>();
  directory->parent = parent;
  directory->index = index;
  directory->root = parent->root;
  directory->name = child.name;
  directory->head.status = status;
  if (parent->record && child.cached && child.cached.type() == EntryType::Directory) {
    directory->record = parent->record->find_directory(child.directory_number);
  } else {
    parent->entries_differ = parent->stored_differs = true;
  }
  ++parent->pending;
  // A root counts for nobody: only what lies in it does.
  if (parent->root != PendingDirectory::kMadeUp) {
    scanner_.count(*directory, EntryType::Directory, 0);
  }
  return directory;
}

/// What was listed as a directory is something else by now.
void Walk::become_other(std::uint32_t index) {
  Level& level = levels_.back();
  Child& child = level.directory->children[index];
  fs::FileStatus status;
  if (const int error = fs::look_at(level.fd->get(), child.name.data(), status)) {
    scanner_.lose(*level.directory, child, loss_of(error), reason_of(error));
  } else if (status.is_directory() || status.links > 1) {
    // A hard link would join its group out of order.
    scanner_.lose(*level.directory, child, Loss::Kind::Changing,
                  "it was replaced while it was looked at");
  } else {
    child.type = status.type();
    child.found = std::make_unique<Found>();
    child.found->record.status = status;
    scanner_.submit(level.directory, level.fd, {index});
  }
}

/// Keeps a directory's attributes and names what is missing.
void Walk::put_unlistable(const SharedDirectory& directory, int error) {
  scanner_.lose(*directory, loss_of(error), reason_of(error));
  directory->record.reset();
  directory->remembered = false;
  directory->incomplete = true;
  directory->children.clear();
  scanner_.release(directory, true);
}

/// Keeps a directory's attributes, as of an empty one.
void Walk::put_unentered(const SharedDirectory& directory, Timestamp looked_at) {
  static const Sha256 rules = sha256("not entered");
  DirectoryHead& head = directory->head;
  head.rules = rules;
  head.believable = is_believable(head.status.mtime(), head.status.ctime(), looked_at);
  directory->incomplete = true;
  if (directory->record) {
    const DirectoryHead& old = directory->record->head();
    directory->trusted = old.believable && old.status == head.status && old.rules == rules;
    if (directory->record->entry_count() > 0) directory->entries_differ = true;
  }
  if (directory->trusted) {
    head.xattrs = directory->record->head().xattrs;
  } else {
    const int error = fs::read_xattrs(levels_.back().fd->get(), directory->name, head.xattrs);
    if (error != 0) {
      head.believable = false;
      scanner_.lose_attributes(path_of(*directory), error);
    }
  }
  scanner_.release(directory, true);
}

bool Walk::is_open(Level& level) {
  if (!level.fd) level.fd = scanner_.reopen(*level.directory);
  return level.fd != nullptr;
}

void Walk::leave() {
  const Level left = std::move(levels_.back());
  levels_.pop_back();
  path_.resize(left.path_size);
  if (left.has_scope) excluder_->pop();
  above_.erase({left.directory->head.status.device, left.directory->head.status.inode});
  if (!levels_.empty()) {
    Level& level = levels_.back();
    if (!level.fd && left.fd && level.next < level.later.size()) {
      // One step up costs less than all the way down, if it leads where we came from.
      fs::Fd up(fs::open_quietly(left.fd->get(), "..", O_DIRECTORY));
      fs::FileStatus status;
      if (up && fs::look_at(up.get(), status) == 0 &&
          status.same_file(level.directory->head.status)) {
        level.fd = std::make_shared<fs::Fd>(std::move(up));
      }
    }
  }
  scanner_.release(left.directory, true);
}

}  // namespace stravinsky
