#include "restore/live_roots.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "core/text.hpp"
#include "fs/beneath.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY;

void open_root(LiveRoot& root) {
  const std::size_t slash = root.path.rfind('/');
  root.name = root.path.substr(slash + 1);
  if (root.name.empty()) root.name = ".";  // the root of the whole system
  root.outer = std::make_shared<fs::Fd>(fs::open_directory(fs::parent_of(root.path)));
  fs::Fd fd = fs::open_at(root.outer->get(), root.name.c_str(), kDirectory | O_NOFOLLOW);
  if (fd) {
    root.directory = std::make_shared<fs::Fd>(std::move(fd));
  } else if (errno != ENOENT && errno != ENOTDIR) {
    fs::throw_errno("open", root.path);
  }
}

LiveRoot find_live_root(const ProfileRoot& wanted) {
  LiveRoot root;
  root.mount = wanted.mount;
  root.named = wanted.path;
  root.as_whole = wanted.switch_directory;
  struct stat status {};
  root.is_link = lstat(wanted.path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  if (stat(wanted.path.c_str(), &status) == 0) {
    root.path = fs::real_path(wanted.path);
    root.is_file = !S_ISDIR(status.st_mode);
  } else if (errno != ENOENT) {
    fs::throw_errno("look at", wanted.path);
  } else if (fs::exists(wanted.path)) {
    throw Error(Errc::Invalid, fmt::format("cannot bring back {}", quoted(wanted.path)),
                "it is a symlink that leads nowhere",
                "make the directory that it leads to, which may be empty; without the link a "
                "directory takes its place");
  } else {
    std::string path = wanted.path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const std::string parent = fs::real_path(fs::parent_of(path));
    root.path = (parent == "/" ? "" : parent) + path.substr(path.rfind('/'));
  }
  if (root.is_file && root.mount.empty()) {
    root.mount = root.path.substr(root.path.rfind('/') + 1);
  }
  open_root(root);
  return root;
}

Error moved(const std::string& path) {
  return Error(Errc::Changed, fmt::format("cannot go on in {}", quoted(path)),
               "another process moved or replaced this directory meanwhile", "run it again");
}

}  // namespace

LiveRoots::LiveRoots(const Profile& profile) {
  for (const ProfileRoot& root : profile.roots) roots_.push_back(find_live_root(root));
}

LiveRoots::LiveRoots(const std::vector<JournalRoot>& roots) {
  for (const JournalRoot& journaled : roots) {
    LiveRoot root;
    root.mount = journaled.mount;
    root.path = journaled.path;
    root.is_file = journaled.is_file;
    open_root(root);
    roots_.push_back(std::move(root));
  }
}

bool LiveRoots::any_there() const noexcept {
  return std::any_of(roots_.begin(), roots_.end(), [](const LiveRoot& root) {
    return root.is_file || root.directory != nullptr;
  });
}

bool LiveRoots::is_missing(const Loss& loss) const noexcept {
  return loss.kind == Loss::Kind::Vanished &&
         std::any_of(roots_.begin(), roots_.end(), [&](const LiveRoot& root) {
           return root.mount == loss.path && !root.is_file && root.directory == nullptr;
         });
}

bool LiveRoots::is_single_top() const noexcept {
  return roots_.size() == 1 && roots_.front().mount.empty();
}

void LiveRoots::mount_lone_root(const std::string& mount) { roots_.front().mount = mount; }

const LiveRoot* LiveRoots::find_root(const std::string& path) const noexcept {
  if (is_single_top()) return &roots_.front();
  const std::string mount = path.substr(0, path.find('/'));
  for (const LiveRoot& root : roots_) {
    if (root.mount == mount) return &root;
  }
  return nullptr;
}

LivePlace LiveRoots::place_of(const std::string& path) {
  const LiveRoot* root = find_root(path);
  if (root == nullptr) {
    throw Error(Errc::NotFound, fmt::format("cannot bring back {}", quoted(path)),
                "the profile has no root for it");
  }
  if (path == root->mount) return {root->outer, root->name, root, true};
  return {open_directory(parent_path(path)), last_name(path), root, false};
}

std::shared_ptr<fs::Fd> LiveRoots::open_directory(const std::string& path) {
  if (last_ && last_path_ == path) return last_;
  const LiveRoot* found = find_root(path);
  if (found == nullptr) throw moved(path);
  LiveRoot* root = &roots_[static_cast<std::size_t>(found - roots_.data())];
  if (root->directory == nullptr) open_root(*root);
  if (root->directory == nullptr) throw moved(path);
  std::shared_ptr<fs::Fd> opened = root->directory;
  if (path != root->mount) {
    const std::string below = root->mount.empty() ? path : path.substr(root->mount.size() + 1);
    fs::Fd fd = fs::open_beneath(root->directory->get(), below, kDirectory);
    if (!fd && (errno == ELOOP || errno == ENOTDIR || errno == ENOENT || errno == EXDEV)) {
      throw moved(path);
    }
    if (!fd) fs::throw_errno("open directory", live_path(path));
    opened = std::make_shared<fs::Fd>(std::move(fd));
  }
  last_path_ = path;
  last_ = opened;
  return opened;
}

void LiveRoots::reopen(const std::string& path) {
  last_.reset();
  for (LiveRoot& root : roots_) {
    if (root.mount != path) continue;
    root.directory.reset();
    open_root(root);
  }
}

std::optional<struct stat> LiveRoots::find(const std::string& path) {
  const LiveRoot* root = find_root(path);
  if (root == nullptr) return std::nullopt;
  std::shared_ptr<fs::Fd> parent = root->outer;
  std::string name = root->name;
  if (path != root->mount) {
    if (root->directory == nullptr) return std::nullopt;
    const std::string below = root->mount.empty() ? path : path.substr(root->mount.size() + 1);
    name = last_name(below);
    fs::Fd fd = fs::open_beneath(root->directory->get(), parent_path(below), O_PATH | O_DIRECTORY);
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return std::nullopt;
    if (!fd) fs::throw_errno("open directory", live_path(parent_path(path)));
    parent = std::make_shared<fs::Fd>(std::move(fd));
  }
  struct stat status {};
  if (fstatat(parent->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  fs::throw_errno("look at", live_path(path));
}

std::string LiveRoots::live_path(const std::string& path) const {
  const LiveRoot* root = find_root(path);
  if (root == nullptr) return path;
  if (path == root->mount) return root->path;
  return root->path + "/" + (root->mount.empty() ? path : path.substr(root->mount.size() + 1));
}

}  // namespace stravinsky
