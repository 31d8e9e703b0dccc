#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "index/believable.hpp"
#include "scan/walk.hpp"

namespace stravinsky {
namespace {

constexpr std::uint64_t kMostRules = 1U << 20;  // bytes of one ignore file
constexpr std::size_t kFilesInBatch = 64;
constexpr std::uint64_t kBytesInBatch = 4U << 20;

EntryType type_of(unsigned char listed) {
  switch (listed) {
    case DT_DIR:
      return EntryType::Directory;
    case DT_LNK:
      return EntryType::Symlink;
    default:
      return EntryType::File;  // what else it may be, the look at it tells
  }
}

/// Names as they compare within full paths: a directory's goes on with a '/'.
bool comes_before(const Child& a, const Child& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  const int order = a.name.substr(0, common).compare(b.name.substr(0, common));
  if (order != 0) return order < 0;
  const auto next = [common](const Child& child) -> int {
    if (child.name.size() > common) return static_cast<unsigned char>(child.name[common]);
    return child.type == EntryType::Directory ? '/' : -1;
  };
  return next(a) < next(b);
}

/// The first bytes of a small regular file. @returns 0 or the errno
int read_beginning(int directory, const char* name, std::size_t limit, std::string& content) {
  const fs::Fd fd(fs::open_quietly(directory, name));
  if (!fd) return errno;
  fs::FileStatus status;
  if (const int error = fs::look_at(fd.get(), status)) return error;
  if (!status.is_file()) return EINVAL;
  content.resize(static_cast<std::size_t>(std::min<std::uint64_t>(status.size, limit)));
  const ssize_t count = fs::read_some(fd.get(), content.data(), content.size());
  if (count < 0) return errno;
  content.resize(static_cast<std::size_t>(count));
  return 0;
}

bool holds(const std::vector<fs::DirectoryEntry>& sorted, std::string_view name) {
  const auto place = std::lower_bound(
      sorted.begin(), sorted.end(), name,
      [](const fs::DirectoryEntry& entry, std::string_view n) { return entry.name < n; });
  return place != sorted.end() && place->name == name;
}

}  // namespace

void Walk::begin(SharedDirectory directory, SharedFd fd, Timestamp looked_at) {
  scanner_.require_not_cancelled();
  scanner_.wait_for_room();
  DirectoryHead& head = directory->head;
  head.believable = is_believable(head.status.mtime(), head.status.ctime(), looked_at);
  const DirectoryHead* old = directory->record ? &directory->record->head() : nullptr;
  directory->trusted = old != nullptr && old->believable && old->status == head.status;
  if (directory->trusted) {
    head.flags = old->flags;
    head.xattrs = old->xattrs;
  } else {
    const int flags_error = fs::read_inode_flags(fd->get(), head.flags);
    const int error = fs::read_xattrs(fd->get(), head.xattrs);
    if (error != 0 || flags_error != 0) {
      head.believable = false;
      scanner_.lose_attributes(path_of(*directory), error != 0 ? error : flags_error);
    }
  }
  Level level{std::move(directory), std::move(fd), {}, 0, path_.size(), false};
  PendingDirectory& listed = *level.directory;
  if (!listed.is_root) path_.append(listed.name) += '/';

  bool from_cache = false;
  if (listed.trusted && !old->list_again) {
    head.has_ignore = old->has_ignore;
    head.has_git_ignore = old->has_git_ignore;
    head.has_cache_tag = old->has_cache_tag;
    enter_rules(level);
    from_cache = head.rules == old->rules;
    if (!from_cache && level.has_scope) excluder_->pop();
    if (!from_cache) level.has_scope = false;
  }
  int error = 0;
  if (from_cache) {
    choose_from_cache(level);
  } else if (const Entered entered = list(level, error); entered != Entered::Yes) {
    path_.resize(level.path_size);
    if (entered == Entered::Unlistable && levels_.empty()) {
      throw fs::errno_error("list", scanner_.live_path(listed), error);
    }
    if (entered == Entered::Unlistable) {
      put_unlistable(level.directory, error);
    } else {
      drop(*listed.parent, listed.parent->children[listed.index], true);
      scanner_.uncount_directory(listed);
      --listed.parent->pending;  // the walk still holds it
    }
    return;
  }
  if (old != nullptr && head.rules != old->rules) listed.trusted = false;
  above_.insert({head.status.device, head.status.inode});
  levels_.push_back(std::move(level));
  if (levels_.size() > scanner_.limits.open_levels) {
    levels_[levels_.size() - 1 - scanner_.limits.open_levels].fd.reset();
  }
  look_at_children(levels_.back());
}

void Walk::choose_from_cache(Level& level) {
  PendingDirectory& directory = *level.directory;
  directory.incomplete = directory.record->head().incomplete;
  directory.children.reserve(directory.record->entry_count());
  for (DirectoryRecord::Cursor cursor(*directory.record); cursor.get(); cursor.next()) {
    Child& child = directory.children.emplace_back();
    child.cached = cursor.get();
    child.name = child.cached.name();
    child.type = child.cached.type();
    child.directory_number = cursor.directories();
  }
}

Walk::Entered Walk::list(Level& level, int& error) {
  PendingDirectory& directory = *level.directory;
  error = fs::list_directory(level.fd->get(), directory.names);
  if (error != 0) return Entered::Unlistable;
  auto& names = directory.names;
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const ExcludeOptions& exclude = scanner_.options.exclude;
  if (!directory.is_root &&
      std::any_of(exclude.if_present.begin(), exclude.if_present.end(),
                  [&](const std::string& name) { return holds(names, name); })) {
    return Entered::LeftOut;
  }
  directory.head.has_ignore = holds(names, kIgnoreFile);
  directory.head.has_git_ignore = holds(names, kGitIgnoreFile);
  directory.head.has_cache_tag = holds(names, kCacheTag);
  enter_rules(level);
  choose_children(level);
  return Entered::Yes;
}

/// Enters the ignore files of a directory and sees to a cache tag; sets `rules`.
void Walk::enter_rules(Level& level) {
  DirectoryHead& head = level.directory->head;
  const ExcludeOptions& exclude = scanner_.options.exclude;
  const bool gits = exclude.gitignore && head.has_git_ignore;
  if (head.has_ignore || gits) {
    excluder_->push(path_.size(), head.has_ignore ? read_rules(level, kIgnoreFile) : std::string(),
                    gits ? read_rules(level, kGitIgnoreFile) : std::string());
    level.has_scope = true;
  }
  head.rules = excluder_->fingerprint();
  level.only_tag = false;
  if (exclude.caches && head.has_cache_tag) {
    std::string tag;
    level.only_tag =
        read_beginning(level.fd->get(), kCacheTag, kCacheTagSize, tag) == 0 && is_cache_tag(tag);
    if (level.only_tag) head.rules = sha256(std::string(head.rules.raw()) + "only the tag");
  }
}

std::string Walk::read_rules(const Level& level, const char* name) {
  std::string content;
  const int error = read_beginning(level.fd->get(), name, kMostRules + 1, content);
  if (error == 0 && content.size() <= kMostRules) return content;
  if (error != ENOENT) {
    scanner_.warn(fmt::format("cannot obey {}: {}",
                              quoted(scanner_.live_path(*level.directory, name)),
                              error == 0 ? "it is larger than 1 MiB" : reason_of(error)));
  }
  return {};
}

/// Makes children of the names that are not left out.
void Walk::choose_children(Level& level) {
  PendingDirectory& directory = *level.directory;
  const bool may_leave_out = !excluder_->takes_all();
  const std::size_t base = path_.size();
  directory.children.reserve(directory.names.size());
  for (fs::DirectoryEntry& entry : directory.names) {
    fs::FileStatus status;
    if (entry.type == DT_UNKNOWN && fs::look_at(level.fd->get(), entry.name.c_str(), status) == 0 &&
        status.is_directory()) {
      entry.type = DT_DIR;
    }
    const bool is_directory = entry.type == DT_DIR;
    if (level.only_tag && entry.name != kCacheTag) {
      directory.incomplete = true;
      continue;
    }
    if (may_leave_out) {
      path_ += entry.name;
      const bool left_out = excluder_->leaves_out(path_, entry.name, is_directory);
      path_.resize(base);
      if (left_out) {
        directory.incomplete = true;
        continue;
      }
    }
    // Ours are never opened, so they are told by their inode before. A mount point's is another:
    // that is seen once it is open.
    const bool may_be_ours =
        std::any_of(scanner_.never.begin(), scanner_.never.end(),
                    [&](const NeverPath& path) { return path.inode == entry.inode; });
    if (is_directory && is_stage_name(entry.name)) {
      // It comes and goes without a trace in the time of the directory, which stays recorded.
      directory.list_again = true;
      scanner_.leave_out(scanner_.live_path(directory, entry.name));
      continue;
    }
    if (may_be_ours && fs::look_at(level.fd->get(), entry.name.c_str(), status) == 0 &&
        is_never(status)) {
      directory.incomplete = directory.list_again = true;
      scanner_.leave_out(scanner_.live_path(directory, entry.name));
      continue;
    }
    Child& child = directory.children.emplace_back();
    child.name = entry.name;
    child.type = type_of(entry.type);
  }
  merge(directory);
}

/// Finds what the cache has under the children's names.
void Walk::merge(PendingDirectory& directory) {
  if (!directory.record) return;
  DirectoryRecord::Cursor cursor(*directory.record);
  std::uint32_t met = 0;
  for (Child& child : directory.children) {
    while (cursor.get() && cursor.get().name() < child.name) cursor.next();
    if (!cursor.get()) break;
    if (cursor.get().name() != child.name) continue;
    child.cached = cursor.get();
    child.directory_number = cursor.directories();
    ++met;
  }
  if (met != directory.record->entry_count()) {
    directory.entries_differ = directory.stored_differs = true;
  }
}

/// Whether nobody wants an entry looked at that the cache knows. One with more links changes with
/// the others, and one that is not believable has to be read.
bool Walk::is_as_known(const PendingDirectory& directory, const Child& child) const {
  const std::set<std::string>* only = scanner_.options.only;
  return only != nullptr && directory.root != PendingDirectory::kMadeUp && child.cached &&
         child.cached.type() != EntryType::Directory &&
         (child.type == EntryType::Symlink) == (child.cached.type() == EntryType::Symlink) &&
         child.cached.believable() && child.cached.status().links == 1 &&
         !only->contains(path_of(directory, child.name));
}

/// Looks at all files of a directory: those that are as the cache has them are done, the others go
/// to be read; hard links and directories wait for their turn in the order of paths.
void Walk::look_at_children(Level& level) {
  PendingDirectory& directory = *level.directory;
  const bool made_up = directory.root == PendingDirectory::kMadeUp;
  const std::uint64_t largest =
      made_up ? UINT64_MAX : scanner_.options.exclude.larger_than.value_or(UINT64_MAX);
  std::vector<std::uint32_t> batch;
  std::uint64_t batch_bytes = 0, files = 0, bytes = 0, known_files = 0, known_bytes = 0;
  std::uint64_t known = 0;
  for (std::uint32_t i = 0; i < directory.children.size(); ++i) {
    Child& child = directory.children[i];
    if (child.type == EntryType::Directory) {
      level.later.push_back(i);
      continue;
    }
    if (i % 1024 == 1023) scanner_.require_not_cancelled();
    fs::FileStatus status;
    if (is_as_known(directory, child)) {
      status = child.cached.status();
    } else if (const int error =
                   fs::look_at(level.fd->get(), scanner_.live_name(directory, child), status)) {
      scanner_.lose(directory, child, loss_of(error), reason_of(error));
      continue;
    }
    child.type = status.type();
    if (status.is_directory()) {
      level.later.push_back(i);
      continue;
    }
    if (is_never(status)) {
      drop_ours(directory, child);
      continue;
    }
    const bool is_file = status.is_file();
    if (is_file && status.size > largest) {
      drop(directory, child, true);
      continue;
    }
    files += is_file;
    bytes += is_file ? status.size : 0;
    if (child.cached && child.cached.type() == child.type && child.cached.believable() &&
        child.cached.status() == status) {
      child.state = Child::State::Known;
      if (status.links > 1) {
        level.later.push_back(i);
        continue;
      }
      if (made_up) scanner_.note_file_root(child.name, child.cached.read());
      ++known;
      known_files += is_file;
      known_bytes += is_file ? status.size : 0;
      continue;
    }
    child.found = std::make_unique<Found>();
    child.found->record.status = status;
    if (status.links > 1) {
      level.later.push_back(i);
      continue;
    }
    batch.push_back(i);
    batch_bytes += is_file ? status.size : 0;
    if (batch.size() == kFilesInBatch || batch_bytes >= kBytesInBatch) {
      scanner_.progress.expect(std::exchange(files, 0), std::exchange(bytes, 0));
      scanner_.wait_for_room();
      scanner_.submit(level.directory, level.fd, std::exchange(batch, {}));
      batch_bytes = 0;
    }
  }
  if (files > 0) scanner_.progress.expect(files, bytes);
  if (known_files > 0) scanner_.progress.advance(known_files, known_bytes);
  scanner_.count_known(directory, known, known_files, known_bytes);
  scanner_.submit(level.directory, level.fd, std::move(batch));
  const auto& children = directory.children;
  std::sort(level.later.begin(), level.later.end(), [&](std::uint32_t a, std::uint32_t b) {
    return comes_before(children[a], children[b]);
  });
}

bool Walk::is_never(const fs::FileStatus& status) const {
  return std::any_of(scanner_.never.begin(), scanner_.never.end(), [&](const NeverPath& path) {
    return path.inode == status.inode && path.device == status.device;
  });
}

/// Leaves an entry out on purpose.
/// @param list_again  for more than its name: the next scan must look for it anew
void Walk::drop(PendingDirectory& directory, Child& child, bool list_again) {
  child.state = Child::State::Gone;
  directory.incomplete = true;
  if (list_again) directory.list_again = true;
  if (child.cached) directory.entries_differ = directory.stored_differs = true;
}

void Walk::drop_ours(PendingDirectory& directory, Child& child) {
  drop(directory, child, true);
  scanner_.leave_out(scanner_.live_path(directory, child.name));
}

}  // namespace stravinsky
