#include "restore/directory_node.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/end_chain.hpp"
#include "core/text.hpp"
#include "fs/beneath.hpp"

namespace stravinsky {
namespace {

/// Descriptors that the rest of the process needs: packs, files being written, the caller's own.
constexpr rlim_t kReserved = 20;
constexpr rlim_t kMostOpen = 1024;
/// From this depth on messages show only the end of a path.
constexpr std::uint32_t kDeep = 2048;

std::size_t open_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 4;
  const rlim_t spare = limit.rlim_cur > kReserved ? (limit.rlim_cur - kReserved) / 2 : 0;
  return static_cast<std::size_t>(std::clamp<rlim_t>(spare, 2, kMostOpen));
}

std::string join_names(const DirectoryNode& directory, const std::string& name,
                       std::uint32_t most) {
  std::vector<const std::string*> names;
  if (!name.empty()) names.push_back(&name);
  const DirectoryNode* node = &directory;
  for (; node->parent != nullptr && names.size() < most; node = node->parent.get()) {
    names.push_back(&node->name);
  }
  std::string path = node->parent != nullptr ? "…/" : "";
  for (auto next = names.rbegin(); next != names.rend(); ++next) {
    if (next != names.rbegin()) path += '/';
    path += **next;
  }
  return path;
}

}  // namespace

DirectoryNode::~DirectoryNode() { end_chain(parent); }

std::string path_of(const DirectoryNode& directory, const std::string& name) {
  return join_names(directory, name, UINT32_MAX);
}

std::string short_path_of(const DirectoryNode& directory, const std::string& name) {
  return join_names(directory, name, directory.depth < kDeep ? UINT32_MAX : 16);
}

OpenDirectories::OpenDirectories(std::shared_ptr<DirectoryNode> top, fs::Fd fd)
    : limit_(open_limit()),
      top_(std::move(top)),
      top_fd_(std::make_shared<fs::Fd>(std::move(fd))) {}

std::shared_ptr<fs::Fd> OpenDirectories::find(DirectoryNode& directory) {
  if (&directory == top_.get()) return top_fd_;
  const std::lock_guard lock(mutex_);
  if (directory.fd_) recent_.splice(recent_.begin(), recent_, directory.recent_);
  return directory.fd_;
}

void OpenDirectories::drop_oldest_locked() {
  recent_.back()->fd_.reset();  // closed when its last user is done
  recent_.pop_back();
}

std::shared_ptr<fs::Fd> OpenDirectories::keep(DirectoryNode& directory, fs::Fd fd) {
  auto shared = std::make_shared<fs::Fd>(std::move(fd));
  const std::lock_guard lock(mutex_);
  if (directory.fd_) return directory.fd_;  // another thread was as quick
  directory.fd_ = shared;
  recent_.push_front(directory.shared_from_this());
  directory.recent_ = recent_.begin();
  while (recent_.size() > limit_) drop_oldest_locked();
  return shared;
}

std::shared_ptr<fs::Fd> OpenDirectories::adopt(DirectoryNode& directory, fs::Fd fd,
                                               const struct stat& status) {
  directory.device = status.st_dev;
  directory.inode = status.st_ino;
  return keep(directory, std::move(fd));
}

std::shared_ptr<fs::Fd> OpenDirectories::open(DirectoryNode& directory) {
  if (auto fd = find(directory)) return fd;
  // From the nearest ancestor that is open, at worst the top.
  std::vector<const std::string*> names{&directory.name};
  DirectoryNode* ancestor = directory.parent.get();
  std::shared_ptr<fs::Fd> from;
  while (!(from = find(*ancestor))) {
    names.push_back(&ancestor->name);
    ancestor = ancestor->parent.get();
  }
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!path.empty()) path += '/';
    path += **name;
  }
  fs::Fd fd = fs::open_beneath(from->get(), path, O_RDONLY | O_DIRECTORY);
  if (!fd && (errno == EMFILE || errno == ENFILE) && close_some()) {
    fd = fs::open_beneath(from->get(), path, O_RDONLY | O_DIRECTORY);
  }
  struct stat status {};
  if (fd && fstat(fd.get(), &status) != 0) fd.reset();
  if (!fd && errno != ELOOP && errno != ENOTDIR && errno != ENOENT && errno != EXDEV) {
    fs::throw_errno("open directory", short_path_of(directory));
  }
  if (!fd || status.st_dev != directory.device || status.st_ino != directory.inode) {
    throw Error(Errc::Changed, fmt::format("cannot go on in {}", quoted(short_path_of(directory))),
                "another process moved or replaced this directory meanwhile");
  }
  return keep(directory, std::move(fd));
}

void OpenDirectories::leave(DirectoryNode& directory) {
  DirectoryNode* parent = directory.parent.get();
  std::shared_ptr<fs::Fd> fd;
  {
    const std::lock_guard lock(mutex_);
    if (!directory.fd_) return;
    fd = std::move(directory.fd_);
    directory.fd_.reset();
    recent_.erase(directory.recent_);
  }
  // Up one step is cheap from here and, from the top, would cost as many as the tree is deep. It is
  // taken only if it leads where we came from.
  if (parent == nullptr || find(*parent)) return;
  fs::Fd up = fs::open_at(fd->get(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  struct stat status {};
  if (up && fstat(up.get(), &status) == 0 && status.st_dev == parent->device &&
      status.st_ino == parent->inode) {
    keep(*parent, std::move(up));
  }
}

bool OpenDirectories::close_some() {
  const std::lock_guard lock(mutex_);
  const bool any = !recent_.empty();
  while (!recent_.empty()) drop_oldest_locked();
  return any;
}

}  // namespace stravinsky
