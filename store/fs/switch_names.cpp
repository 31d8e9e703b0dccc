#include "fs/switch_names.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "fs/file.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky::fs {
namespace {

bool knows_no_flags(int error) noexcept { return error == EINVAL || error == ENOSYS; }

/// Whether the descriptor that `/proc/<pid>/fdinfo/<fd>` tells of is open for writing.
bool is_for_writing(const std::string& info) {
  std::ifstream stream(info);
  for (std::string word; stream >> word;) {
    if (word != "flags:") continue;
    int flags = 0;
    stream >> std::oct >> flags;
    return (flags & O_ACCMODE) != O_RDONLY;
  }
  return false;
}

bool is_inode(const NameAt& name, const struct stat& wanted) noexcept {
  struct stat status {};
  const int saved = errno;
  const bool same = fstatat(name.directory, name.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev;
  errno = saved;
  return same;
}

/// A look before the rename, for names that nobody else takes meanwhile.
int rename_to_own_name(const NameAt& from, const NameAt& to) noexcept {
  struct stat status {};
  if (fstatat(to.directory, to.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  return renameat(from.directory, from.name.c_str(), to.directory, to.name.c_str()) == 0 ? 0
                                                                                         : errno;
}

}  // namespace

int exchange(const NameAt& a, const NameAt& b) noexcept {
  return renameat2(a.directory, a.name.c_str(), b.directory, b.name.c_str(), RENAME_EXCHANGE) == 0
             ? 0
             : errno;
}

int move_to_free_name(const NameAt& from, const NameAt& to) noexcept {
  const char* old_name = from.name.c_str();
  const char* new_name = to.name.c_str();
  if (renameat2(from.directory, old_name, to.directory, new_name, RENAME_NOREPLACE) == 0) return 0;
  if (!knows_no_flags(errno)) return errno;
  struct stat status {};
  if (fstatat(from.directory, old_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) {
    const bool is_linked = linkat(from.directory, old_name, to.directory, new_name, 0) == 0;
    // Both names of one inode: where an earlier try came to its end, or this one is now.
    if (is_linked || (errno == EEXIST && is_inode(to, status))) {
      if (unlinkat(from.directory, old_name, 0) == 0) return 0;
      const int error = errno;
      if (is_linked) unlinkat(to.directory, new_name, 0);
      return error;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EINVAL) return errno;
  }
  return rename_to_own_name(from, to);
}

int move_to_own_name(const NameAt& from, const NameAt& to) noexcept {
  if (renameat2(from.directory, from.name.c_str(), to.directory, to.name.c_str(),
                RENAME_NOREPLACE) == 0) {
    return 0;
  }
  return knows_no_flags(errno) ? rename_to_own_name(from, to) : errno;
}

void sync_filesystem(int fd, const std::string& path) {
  if (syncfs(fd) != 0) throw_errno("make durable", path);
}

Writers look_for_writers(int fd) noexcept {
  // Whoever opens it for writing meanwhile breaks the lease: the default signal would end us.
  fcntl(fd, F_SETSIG, SIGURG);
  if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return Writers::None;
  }
  return errno == EAGAIN || errno == EWOULDBLOCK ? Writers::Some : Writers::Unknown;
}

std::string name_writers(int fd) {
  struct stat wanted {};
  if (fstat(fd, &wanted) != 0) return {};
  std::string names;
  std::vector<DirectoryEntry> processes;
  const Fd proc = open_at(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
  if (!proc || list_directory(proc.get(), processes) != 0) return {};
  for (const DirectoryEntry& process : processes) {
    if (process.name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string base = "/proc/" + process.name;
    const Fd open_files = open_at(AT_FDCWD, (base + "/fd").c_str(), O_RDONLY | O_DIRECTORY);
    std::vector<DirectoryEntry> files;
    if (!open_files || list_directory(open_files.get(), files) != 0) continue;
    for (const DirectoryEntry& file : files) {
      struct stat status {};
      if (fstatat(open_files.get(), file.name.c_str(), &status, 0) != 0 ||
          status.st_ino != wanted.st_ino || status.st_dev != wanted.st_dev ||
          !is_for_writing(base + "/fdinfo/" + file.name)) {
        continue;
      }
      std::string command;
      std::ifstream(base + "/comm") >> command;
      if (!names.empty()) names += ", ";
      names += fmt::format("{} ({})", process.name, command);
      break;
    }
  }
  return names;
}

}  // namespace stravinsky::fs
