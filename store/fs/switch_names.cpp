#include "fs/switch_names.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "fs/file.hpp"

namespace stravinsky::fs {
namespace {

bool knows_no_flags(int error) noexcept { return error == EINVAL || error == ENOSYS; }

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

bool can_exchange_directories(int directory, const std::string& path) {
  const NameAt a{directory, "exchange.a"}, b{directory, "exchange.b"};
  for (const NameAt* name : {&a, &b}) {
    if (mkdirat(directory, name->name.c_str(), 0700) != 0) {
      throw_errno("create", path + "/" + name->name);
    }
  }
  const int error = exchange(a, b);
  for (const NameAt* name : {&a, &b}) unlinkat(directory, name->name.c_str(), AT_REMOVEDIR);
  if (error == 0 || knows_no_flags(error) || error == EOPNOTSUPP) return error == 0;
  throw errno_error("exchange names in", path, error);
}

}  // namespace stravinsky::fs
