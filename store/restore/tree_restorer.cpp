#include "restore/tree_restorer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "restore/hard_links.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

/// Entries of one directory that one job restores; more are shared between threads.
constexpr std::size_t kFilesPerJob = 256;

}  // namespace

TreeRestorer::TreeRestorer(const ObjectDatabase& database, const Selection& selection,
                           const RestoreOptions& options, RestoreTarget target, RestoreLog& log,
                           Progress& progress)
    : database_(database),
      selection_(selection),
      options_(options),
      log_(log),
      progress_(progress),
      owners_(options.owner, options.numeric_ids),
      writer_(database, options, owners_, target.stage != nullptr, log, progress),
      forbidden_(std::move(target.forbidden)),
      stage_(std::move(target.stage)),
      directories_(target.directories),
      top_(std::make_shared<DirectoryNode>()),
      open_(top_, std::move(target.directory)),
      privileged_(geteuid() == 0) {
  top_->was_empty = target.was_empty;
  const auto fd = open_.open(*top_);
  if (!*fd) return;  // a dry run: stays Planned
  struct stat status {};
  if (fstat(fd->get(), &status) != 0) fs::throw_errno("look at", options.target);
  top_->device = status.st_dev;
  top_->inode = status.st_ino;
  top_->inherits_acl = fs::has_default_acl(fd->get());
  top_->presence = target.made ? Presence::Made : Presence::Existing;
}

void TreeRestorer::run(const StoredDirectory& top, std::size_t threads) {
  top_->stored = top;
  top_->selected = selection_.top();
  push({Job::Kind::Directory, top_, nullptr, 0, 0});
  WorkerPool pool(threads);
  for (std::size_t i = 0; i < pool.size(); ++i) pool.submit([this] { work(); });
  pool.wait();
  finish_late();
}

void TreeRestorer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !stack_.empty() || working_ == 0; });
    if (stopping_ || stack_.empty()) break;
    Job job = std::move(stack_.back());
    stack_.pop_back();
    ++working_;
    lock.unlock();
    try {
      run_job(job);
      job = Job();
    } catch (...) {
      lock.lock();
      stopping_ = true;
      --working_;
      changed_.notify_all();
      throw;
    }
    lock.lock();
    --working_;
    if (working_ == 0 && stack_.empty()) break;
  }
  changed_.notify_all();
}

void TreeRestorer::push(Job job) {
  {
    const std::lock_guard lock(mutex_);
    stack_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void TreeRestorer::run_job(Job& job) {
  require_not_cancelled();
  switch (job.kind) {
    case Job::Kind::Directory:
      enter(job.node);
      break;
    case Job::Kind::Files:
      restore_files(job);
      break;
    case Job::Kind::Subdirectories:
      begin_subdirectory(job);
      return;
  }
  release(std::move(job.node));
}

void TreeRestorer::require_not_cancelled() {
  if (progress_.cancelled()) throw Error(Errc::Cancelled, "restore stopped", "it was asked to");
}

std::optional<Selected> TreeRestorer::choose(const DirectoryNode& node, const Node& child) const {
  return selection_.choose(node.selected,
                           selection_.needs_path(node.selected) ? path_of(node) : std::string(),
                           child.entry.name, child.entry.type == EntryType::Directory);
}

void TreeRestorer::enter(const NodePtr& node) {
  std::shared_ptr<const Directory> listing;
  try {
    listing = directories_ != nullptr
                  ? directories_->read(node->stored, short_path_of(*node))
                  : std::make_shared<const Directory>(
                        read_directory(database_, node->stored, short_path_of(*node),
                                       node->parent == nullptr ? Position::Top : Position::Below));
  } catch (const Error& error) {
    log_.failed(path_of(*node), error.what(), true);
    return;
  }
  node->self = std::make_unique<Entry>(listing->self);
  if (node->selected.whole() && !ensure(*node)) return;

  std::size_t directories = 0;
  for (const Node& child : listing->nodes) directories += child.entry.type == EntryType::Directory;
  const std::size_t count = listing->nodes.size();
  // Pushed first, so run last: a directory's files come before what lies deeper.
  if (directories > 0) {
    node->pending.fetch_add(1);
    push({Job::Kind::Subdirectories, node, listing, 0, count});
  }
  if (count == directories) return;
  Job files{Job::Kind::Files, node, listing, 0, std::min(count, kFilesPerJob)};
  for (std::size_t begin = kFilesPerJob; begin < count; begin += kFilesPerJob) {
    node->pending.fetch_add(1);
    push({Job::Kind::Files, node, listing, begin, std::min(count, begin + kFilesPerJob)});
  }
  restore_files(files);
}

void TreeRestorer::begin_subdirectory(Job& job) {
  const auto& nodes = job.listing->nodes;
  for (std::size_t i = job.begin; i < job.end; ++i) {
    if (nodes[i].entry.type != EntryType::Directory) continue;
    const auto selected = choose(*job.node, nodes[i]);
    if (!selected) continue;
    auto child = std::make_shared<DirectoryNode>();
    child->parent = job.node;
    child->name = nodes[i].entry.name;
    child->depth = job.node->depth + 1;
    child->stored = nodes[i].directory;
    child->selected = *selected;
    // The child keeps its parent waiting in the place of this job; another carries on from here.
    if (i + 1 < job.end) {
      job.node->pending.fetch_add(1);
      push({Job::Kind::Subdirectories, job.node, job.listing, i + 1, job.end});
    }
    job = Job();  // the listing may be large, and this may have been its last user
    enter(child);
    release(std::move(child));
    return;
  }
  release(std::move(job.node));
}

bool TreeRestorer::is_late(const Node& node) const {
  return !options_.dry_run &&
         (!node.entry.hardlink.empty() || (node.entry.flags & kSealingFlags) != 0);
}

void TreeRestorer::restore_files(const Job& job) {
  DirectoryNode& directory = *job.node;
  std::shared_ptr<fs::Fd> fd;
  for (std::size_t i = job.begin; i < job.end; ++i) {
    const Node& node = job.listing->nodes[i];
    if (node.entry.type == EntryType::Directory) continue;
    const auto selected = choose(directory, node);
    if (!selected || !selected->whole()) continue;
    require_not_cancelled();
    if (!fd) {
      if (!ensure(directory)) return;
      try {
        fd = descriptor_of(directory);
      } catch (const Error& error) {
        writer_.fail(path_of(directory), error);
        return;
      }
    }
    const bool late = is_late(node);
    if (!late || node.entry.hardlink.empty()) {
      const bool there = writer_.restore(directory, fd->get(), node);
      progress_.advance(1, node.entry.size);
      if (!there) continue;
    }
    if (late) {
      directory.pending.fetch_add(1);
      const std::lock_guard lock(late_mutex_);
      late_.push_back({job.node, node});
    }
  }
}

void TreeRestorer::finish_late() {
  finishing_ = true;
  LinkSources sources(open_.open(*top_), stage_.get());
  for (const Late& late : late_) {
    const Entry& entry = late.node.entry;
    if (entry.hardlink.empty()) continue;
    require_not_cancelled();
    DirectoryNode& directory = *late.directory;
    try {
      const auto fd = descriptor_of(directory);
      sources.restore(directory, fd->get(), late.node, writer_, log_);
    } catch (const Error& error) {
      writer_.fail(path_of(directory, entry.name), error);
    }
    progress_.advance(1, entry.size);
  }
  for (const Late& late : late_) {
    if ((late.node.entry.flags & kSealingFlags) == 0 || stage_) continue;
    try {
      const auto fd = descriptor_of(*late.directory);
      writer_.seal(*late.directory, fd->get(), late.node.entry);
    } catch (const Error& error) {
      log_.incomplete(path_of(*late.directory, late.node.entry.name), error.what());
    }
  }
  for (Late& late : late_) release(std::move(late.directory));
  for (NodePtr& node : held_) release(std::move(node));
}

void TreeRestorer::release(NodePtr node) {
  while (node && node->pending.fetch_sub(1) == 1) {
    // Without the right to ignore modes, what a hard link needs must stay reachable until the end.
    const bool locks_out = !finishing_ && !privileged_ && !options_.dry_run && node->self &&
                           node->self->has_attributes && (node->self->mode & 0700) != 0700;
    if (locks_out) {
      node->pending.fetch_add(1);
      const std::lock_guard lock(late_mutex_);
      held_.push_back(std::move(node));
      return;
    }
    finish(*node);
    node = std::move(node->parent);
  }
}

void TreeRestorer::finish(DirectoryNode& node) {
  if (!options_.dry_run) {
    try {
      give_attributes(node);
    } catch (const Error& error) {
      log_.incomplete(path_of(node), error.what());
    }
  }
  if (node.parent != nullptr) open_.leave(node);
}

void TreeRestorer::give_attributes(DirectoryNode& node) {
  const bool made = node.presence == Presence::Made;
  const bool ours = made || (node.presence == Presence::Existing && node.selected.whole() &&
                             (node.was_empty || options_.overwrite == Overwrite::Always ||
                              options_.overwrite == Overwrite::IfChanged));
  if (!ours || !node.self || !node.self->has_attributes || is_above_parts(node)) return;
  const auto fd = open_.open(node);
  const fs::AttributeSetter setter(fd->get(), fs::AttributeSetter::Kind::Open);
  struct stat present {};
  if (const int error = setter.status(present)) {
    throw fs::errno_error("look at", short_path_of(node), error);
  }
  auto reasons = apply_attributes(setter, *node.self, present, !made, owners_);
  const std::string sealing = stage_ ? std::string() : apply_sealing_flags(setter, *node.self);
  if (!sealing.empty()) reasons.push_back(sealing);
  for (const std::string& reason : reasons) log_.incomplete(path_of(node), reason);
}

bool TreeRestorer::is_above_parts(const DirectoryNode& node) const {
  return stage_ && !is_at_or_below_any(path_of(node), stage_->parts);
}

std::shared_ptr<fs::Fd> TreeRestorer::descriptor_of(DirectoryNode& node) {
  if (node.presence == Presence::Planned) return std::make_shared<fs::Fd>();
  return open_.open(node);
}

bool TreeRestorer::ensure(DirectoryNode& node) {
  // From the highest that is missing downwards; only a selection with patterns has more than one.
  std::vector<DirectoryNode*> missing;
  for (DirectoryNode* next = &node; next != nullptr && next->presence == Presence::Planned;
       next = next->parent.get()) {
    missing.push_back(next);
  }
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    DirectoryNode& directory = **next;
    const std::lock_guard lock(directory.making);
    if (directory.presence != Presence::Planned || directory.parent == nullptr) continue;
    if (directory.parent->presence == Presence::Failed) {
      directory.presence = Presence::Failed;
      continue;
    }
    try {
      directory.presence = make_or_enter(directory);
    } catch (const Error& error) {
      writer_.fail(path_of(directory), error);
      directory.presence = Presence::Failed;
    }
  }
  return node.presence != Presence::Failed;
}

Presence TreeRestorer::make_or_enter(DirectoryNode& node) {
  const DirectoryNode& parent = *node.parent;
  const std::string path = short_path_of(node);
  const auto fail = [&](std::string_view reason) {
    throw Error(Errc::Exists, fmt::format("cannot restore directory {}", quoted(path)),
                std::string(reason));
  };
  if (options_.dry_run && parent.presence == Presence::Planned) return Presence::Planned;
  const auto parent_fd = open_.open(*node.parent);
  const char* name = node.name.c_str();
  bool made = false;
  if (!options_.dry_run) {
    made = mkdirat(parent_fd->get(), name, 0700) == 0;
    if (!made && errno != EEXIST) fs::throw_errno("create directory", path);
  }
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  fs::Fd fd = fs::open_at(parent_fd->get(), name, kFlags);
  if (!fd && (errno == EMFILE || errno == ENFILE) && open_.close_some()) {
    fd = fs::open_at(parent_fd->get(), name, kFlags);
  }
  if (!fd && errno == ENOENT && options_.dry_run) return Presence::Planned;
  if (!fd && errno == ELOOP) fail("a symlink stands in its place and is not followed");
  struct stat status {};
  if (!fd && errno == ENOTDIR) {
    const bool link = fstatat(parent_fd->get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(status.st_mode);
    fail(link ? "a symlink stands in its place and is not followed"
              : "something that is no directory is in the way; it was left alone");
  }
  if (!fd) fs::throw_errno("open directory", path);
  if (fstat(fd.get(), &status) != 0) fs::throw_errno("look at", path);
  if (!made && parent.presence == Presence::Made) fail("it appeared meanwhile; it was left alone");
  for (const ForbiddenDirectory& forbidden : forbidden_) {
    if (status.st_dev == forbidden.device && status.st_ino == forbidden.inode) {
      fail("the store itself stands in its place and is never written to");
    }
  }
  if (made) {
    if (parent.inherits_acl) {
      const fs::AttributeSetter setter(fd.get(), fs::AttributeSetter::Kind::Open);
      setter.remove_xattr(fs::kAccessAcl);
      setter.remove_xattr(fs::kDefaultAcl);
    }
    // A umask may have taken from us what we need.
    if ((status.st_mode & 0777) != 0700 && fchmod(fd.get(), 0700) != 0) {
      fs::throw_errno("change mode of", path);
    }
  } else {
    node.inherits_acl = fs::has_default_acl(fd.get());
  }
  open_.adopt(node, std::move(fd), status);
  return made ? Presence::Made : Presence::Existing;
}

void restore_tree(const ObjectDatabase& database, const StoredDirectory& top,
                  const Selection& selection, const RestoreOptions& options, RestoreTarget target,
                  std::size_t threads, RestoreLog& log, Progress& progress) {
  TreeRestorer(database, selection, options, std::move(target), log, progress).run(top, threads);
}

}  // namespace stravinsky
