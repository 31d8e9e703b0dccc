#include "scan/scanner.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "core/text.hpp"

namespace stravinsky {
namespace {

const Clock& file_clock(const ScanOptions& options) {
  static const fs::FileClock system;
  return options.file_clock == nullptr ? system : *options.file_clock;
}

/// Descriptors that others in this process need: standard streams, locks, the pack being written.
constexpr std::size_t kForOthers = 16;

/// The same file to its user: a link more or another inode is no change.
bool looks_same(const FileRecord& a, const FileRecord& b) {
  const auto attributes = [](const FileRecord& r) {
    return std::tuple(r.status.mode, r.status.uid, r.status.gid, r.status.mtime(), r.status.size,
                      r.flags);
  };
  return a.digest == b.digest && attributes(a) == attributes(b) && a.xattrs == b.xattrs;
}

}  // namespace

ScanLimits ScanLimits::choose(std::size_t wanted_threads, std::size_t descriptors) {
  const std::size_t room = std::max<std::size_t>(descriptors, kForOthers + 12) - kForOthers;
  ScanLimits limits{};
  const std::size_t threads = wanted_threads == 0 ? usable_processors() : wanted_threads;
  limits.threads = std::clamp<std::size_t>(threads, 1, room / 4);
  limits.open_levels = std::clamp<std::size_t>(room / 4, 2, 32);
  // Each thread has a file open; each batch, queued or running, holds a directory.
  limits.jobs = std::min(room - limits.threads - limits.open_levels - 1, 8 * limits.threads + 16);
  return limits;
}

Scanner::Scanner(const ScanOptions& scan_options, StatCache::Parts& parts, ScanSink& scan_sink,
                 Progress& scan_progress, ScanResult& result)
    : options(scan_options),
      cache(parts),
      sink(scan_sink),
      progress(scan_progress),
      limits(ScanLimits::choose(scan_options.threads, fs::descriptor_limit())),
      clock(file_clock(scan_options)),
      never(find_never(scan_options.never)),
      roots(find_roots(scan_options.roots, never, result.losses)),
      result_(result),
      accounts_(parts.accounts),
      may_reuse_(scan_sink.may_reuse_directories() && accounts_.names_hold()),
      pool_(limits.threads) {}

void Scanner::submit(const SharedDirectory& directory, const SharedFd& fd,
                     std::vector<std::uint32_t> children) {
  if (children.empty()) return;
  ++directory->pending;
  pool_.submit(
      [this, directory, fd, batch = std::move(children)] { read_batch(directory, fd, batch); });
}

void Scanner::read_batch(const SharedDirectory& directory, SharedFd fd,
                         const std::vector<std::uint32_t>& children) {
  if (!fd) fd = reopen(*directory);
  const ReadContext context{sink, progress, clock, options.chunk_threshold};
  for (const std::uint32_t index : children) {
    const Child& child = directory->children[index];
    ReadResult read;
    if (fd) {
      read =
          read_entry(context, fd->get(), live_name(*directory, child), child.found->record.status);
    } else {
      read.lost = Loss::Kind::Vanished;
      read.reason = "its directory was moved or removed";
    }
    complete(directory, index, std::move(read));
  }
  fd.reset();
  release(directory);
}

void Scanner::complete(const SharedDirectory& directory, std::uint32_t index, ReadResult read) {
  Child& child = directory->children[index];
  const fs::FileStatus expected = child.found ? child.found->record.status : child.cached.status();
  const bool was_in_group = expected.links > 1;
  if (expected.is_file()) progress.advance(1, expected.size - read.bytes_told);
  files_read_ += read.is_read;
  bytes_read_ += read.bytes_read;
  if (read.attributes_error != 0 && !read.lost) {
    lose_attributes(path_of(*directory, child.name), read.attributes_error);
  }
  const bool still_in_group = was_in_group && !read.lost && read.record.status.same_file(expected);
  if (was_in_group && !still_in_group) {
    // The next name of the inode takes its place, on this thread or another.
    const Hardlinks::Member next = hardlinks_.lost(expected);
    if (next.directory) {
      Child& other = next.directory->children[next.child];
      if (other.state == Child::State::Known) {
        ReadResult known;
        known.record = other.cached.read();
        complete(next.directory, next.child, std::move(known));
      } else {
        submit(next.directory, nullptr, {next.child});
      }
      release(next.directory);  // it waited
    }
  }
  if (read.lost) {
    lose(*directory, child, *read.lost, std::move(read.reason));
    return;
  }
  std::string first_path;
  std::vector<Hardlinks::Member> waited;
  if (still_in_group) waited = hardlinks_.read(expected, read.record, first_path);
  take(*directory, child, read.record, {});
  for (const Hardlinks::Member& member : waited) {
    if (expected.is_file()) progress.advance(1, expected.size);
    take(*member.directory, member.directory->children[member.child], read.record, first_path);
    release(member.directory);
  }
}

/// Fills a child in and compares it with what the cache has.
void Scanner::take(PendingDirectory& directory, Child& child, FileRecord record,
                   std::string hardlink) {
  const bool is_file = record.status.is_file();
  if (directory.root == PendingDirectory::kMadeUp) {
    note_file_root(child.name, record);
  }
  child.type = record.status.type();
  count(directory, child.type, is_file ? record.status.size : 0);
  if (!child.found) child.found = std::make_unique<Found>();
  child.found->hardlink = std::move(hardlink);
  if (child.cached && child.cached.type() == child.type) {
    FileRecord old = child.cached.read();
    const bool believable = old.believable;
    old.believable = record.believable;
    if (old == record) {
      if (believable != record.believable) directory.entries_differ = true;
      if (believable == record.believable) child.state = Child::State::Known;
      ++files_unmodified_;
    } else {
      directory.entries_differ = directory.stored_differs = true;
      ++(looks_same(old, record) ? files_unmodified_ : files_changed_);
    }
  } else {
    directory.entries_differ = directory.stored_differs = true;
    ++files_new_;
  }
  child.found->record = std::move(record);
}

void Scanner::join_hardlinks(const SharedDirectory& directory, std::uint32_t index,
                             const SharedFd& fd) {
  Child& child = directory->children[index];
  directory->has_hardlinks = true;
  const bool is_known = child.state == Child::State::Known;
  FileRecord known;
  if (is_known) known = child.cached.read();
  const fs::FileStatus status = is_known ? known.status : child.found->record.status;
  ++directory->pending;  // as one that waits
  Hardlinks::Joined joined =
      hardlinks_.join(status, {directory, index}, is_known ? &known : nullptr);
  switch (joined.role) {
    case Hardlinks::Joined::Role::Waits:
      return;  // from here on another thread may fill it in
    case Hardlinks::Joined::Role::First:
      submit(directory, fd, {index});
      break;
    case Hardlinks::Joined::Role::Knows:
      if (status.is_file()) progress.advance(1, status.size);
      take(*directory, child, std::move(joined.record), std::move(joined.hardlink));
      break;
  }
  release(directory, true);
}

void Scanner::lose(PendingDirectory& directory, Child& child, Loss::Kind kind, std::string reason) {
  child.state = Child::State::Gone;
  directory.incomplete = directory.list_again = true;
  directory.entries_differ = directory.stored_differs = true;
  const std::lock_guard lock(notes_);
  result_.losses.push_back({path_of(directory, child.name), kind, std::move(reason)});
}

void Scanner::lose(const PendingDirectory& directory, Loss::Kind kind, std::string reason) {
  const std::lock_guard lock(notes_);
  result_.losses.push_back({path_of(directory), kind, std::move(reason)});
}

void Scanner::lose_attributes(std::string path, int error) {
  const std::lock_guard lock(notes_);
  const bool no_proc = error == ENOENT;
  result_.losses.push_back({std::move(path), no_proc ? Loss::Kind::Unreadable : loss_of(error),
                            fmt::format("not all of its attributes can be read: {}",
                                        no_proc ? "/proc is not mounted" : reason_of(error))});
}

void Scanner::warn(std::string text) {
  const std::lock_guard lock(notes_);
  result_.warnings.push_back(std::move(text));
}

void Scanner::leave_out(std::string live) {
  const std::lock_guard lock(notes_);
  result_.left_out.push_back(std::move(live));
}

std::string Scanner::live_path(const PendingDirectory& directory, std::string_view name) const {
  if (directory.root == PendingDirectory::kMadeUp) {
    return name.empty() ? std::string() : root_at(name).path;
  }
  const std::string below = path_in_root(directory, name);
  const std::string& root = roots[directory.root]->path;
  if (below.empty()) return root;
  return root.ends_with('/') ? root + below : root + "/" + below;
}

const char* Scanner::live_name(const PendingDirectory& directory, const Child& child) const {
  if (directory.root != PendingDirectory::kMadeUp) return child.name.data();
  return root_at(child.name).real_path.c_str();
}

OpenRoot& Scanner::root_at(std::string_view mount) const {
  const auto root =
      std::lower_bound(roots.begin(), roots.end(), mount,
                       [](const auto& r, std::string_view m) { return r->mount < m; });
  return **root;
}

void Scanner::count(const PendingDirectory& directory, EntryType type, std::uint64_t size) {
  if (directory.root == PendingDirectory::kMadeUp) return;
  OpenRoot& root = *roots[directory.root];
  ++root.entries;
  root.files += type == EntryType::File;
  root.directories += type == EntryType::Directory;
  root.bytes += size;
}

void Scanner::count_known(const PendingDirectory& directory, std::uint64_t entries,
                          std::uint64_t files, std::uint64_t bytes) {
  files_unmodified_ += entries;
  if (directory.root == PendingDirectory::kMadeUp || entries == 0) return;
  OpenRoot& root = *roots[directory.root];
  root.entries += entries;
  root.files += files;
  root.bytes += bytes;
}

void Scanner::note_file_root(std::string_view mount, const FileRecord& record) {
  OpenRoot& root = root_at(mount);
  root.digest = record.digest;
  root.bytes = record.status.is_file() ? record.status.size : 0;
}

void Scanner::uncount_directory(const PendingDirectory& directory) {
  --roots[directory.root]->entries;
  --roots[directory.root]->directories;
}

void Scanner::require_not_cancelled() {
  if (progress.cancelled()) {
    throw Error(Errc::Cancelled, "cannot finish the scan", "it was cancelled");
  }
}

SharedFd Scanner::reopen(const PendingDirectory& directory) const {
  if (directory.root == PendingDirectory::kMadeUp) {
    return std::make_shared<fs::Fd>();  // its entries have absolute names
  }
  std::vector<const PendingDirectory*> chain;
  const PendingDirectory* at = &directory;
  for (; !at->is_root; at = at->parent.get()) chain.push_back(at);
  const auto require = [](fs::Fd& fd, const PendingDirectory& expected) {
    fs::FileStatus status;
    if (!fd && is_shortage(errno)) throw fs::errno_error("open", expected.name, errno);
    return fd && fs::look_at(fd.get(), status) == 0 && status.same_file(expected.head.status);
  };
  fs::Fd fd(fs::open_quietly(AT_FDCWD, roots[at->root]->real_path.c_str(), O_DIRECTORY));
  if (!require(fd, *at)) return nullptr;
  for (auto next = chain.rbegin(); next != chain.rend(); ++next) {
    fd = fs::Fd(fs::open_quietly(fd.get(), (*next)->name.c_str(), O_DIRECTORY));
    if (!require(fd, **next)) return nullptr;
  }
  return std::make_shared<fs::Fd>(std::move(fd));
}

}  // namespace stravinsky
