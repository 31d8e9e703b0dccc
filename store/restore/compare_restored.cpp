#include "restore/compare_restored.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "fs/beneath.hpp"
#include "fs/file_status.hpp"
#include "fs/list_directory.hpp"
#include "restore/existing_entry.hpp"
#include "restore/walk_tree.hpp"
#include "restore/write_content.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

/// The live directory that the walk is in, kept open while its entries pass by.
class LiveDirectory {
 public:
  explicit LiveDirectory(int top) : top_(top) {}

  /// -1 with errno when it cannot be opened.
  int at(const std::string& path) {
    if (!fd_ || path != path_) {
      path_ = path;
      fd_ = fs::open_beneath(top_, path, O_RDONLY | O_DIRECTORY);
    }
    return fd_.get();
  }

 private:
  int top_;
  std::string path_;
  fs::Fd fd_;
};

bool same_link(int directory, const std::string& name, const std::string& link) {
  std::string target(link.size() + 1, '\0');
  const ssize_t length = readlinkat(directory, name.c_str(), target.data(), target.size());
  return length >= 0 && target.substr(0, static_cast<std::size_t>(length)) == link;
}

bool same_file(int directory, const std::string& name, const Entry& entry,
               const std::string& path) {
  const fs::Fd file = fs::open_at(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) fs::throw_errno("open", path);
  return has_content(file.get(), entry, path);
}

struct Differences {
  std::string text;      ///< words joined by ", "; empty: nothing differs
  bool content = false;  ///< not only attributes
};

Differences differences(int directory, const std::string& name, const Entry& entry,
                        const std::string& path, bool owner) {
  struct stat status {};
  if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return {errno == ENOENT ? "missing" : std::generic_category().message(errno), true};
  }
  if ((status.st_mode & S_IFMT) != type_bits(entry.type)) return {"another type", true};
  std::string text;
  const auto note = [&](bool differs, const char* what) {
    if (!differs) return;
    if (!text.empty()) text += ", ";
    text += what;
  };
  if (entry.type == EntryType::File) note(!same_file(directory, name, entry, path), "content");
  if (entry.type == EntryType::Symlink) note(!same_link(directory, name, entry.link), "target");
  if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
    note(status.st_rdev != makedev(entry.device_major, entry.device_minor), "device number");
  }
  const bool content = !text.empty();
  if (entry.type != EntryType::Symlink) note((status.st_mode & 07777) != entry.mode, "mode");
  if (entry.mtime) {
    note(fs::mtime_of(status) != *entry.mtime, "time");
  }
  note(owner && (status.st_uid != entry.uid || status.st_gid != entry.gid), "owner");
  return {std::move(text), content};
}

}  // namespace

std::vector<RestoreIssue> compare_restored(const ObjectDatabase& database,
                                           const StoredDirectory& top, int directory, bool owner,
                                           Progress& progress, Position position) {
  std::vector<RestoreIssue> issues;
  LiveDirectory live(directory);
  TreeWalk walk;
  walk.visit = [&](const std::string& path, const Entry& entry, const Node&) {
    if (progress.cancelled()) throw Error(Errc::Cancelled, "verify stopped", "it was asked to");
    if (!entry.has_attributes) return;
    const bool is_top = path.empty();
    const int parent = is_top ? directory : live.at(parent_path(path));
    const Differences found =
        parent < 0 ? Differences{"missing", true}
                   : differences(parent, is_top ? "." : entry.name, entry, path, owner);
    if (found.text.empty()) return;
    issues.push_back({path, "differs after restoring: " + found.text, found.content, false});
  };
  walk_tree(database, top, "", position, walk);

  TreeWalk surplus;
  surplus.visit = [&](const std::string& path, const Entry& entry, const Node& node) {
    if (entry.type != EntryType::Directory) return;
    const int fd = live.at(path);
    if (fd < 0) return;
    const Directory stored =
        read_directory(database, node.directory, path, path.empty() ? position : Position::Below);
    for (const fs::DirectoryEntry& present : fs::list_directory(fd, path)) {
      if (find_node(stored, present.name) == nullptr) {
        issues.push_back({join_path(path, present.name), "not in the snapshot", true, false});
      }
    }
  };
  walk_tree(database, top, "", position, surplus);
  return issues;
}

}  // namespace stravinsky
