#include "fs/rename.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "fs/durable.hpp"
#include "fs/fd.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky::fs {

void rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_errno("rename to", to);
}

bool rename_to_free_name(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) throw_errno("create", to);
  if (link(from.c_str(), to.c_str()) != 0) {
    if (errno == EEXIST) return false;
    throw_errno("create", to);
  }
  if (unlink(from.c_str()) != 0) throw_errno("remove", from);
  return true;
}

void write_new(const std::string& path, ByteView content, bool durable) {
  Fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  try {
    write_all(fd.get(), content, path);
    if (durable) sync_file(fd.get(), path);
    fd.close(path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
}

std::string unique_name(const std::string& directory, std::string_view prefix) {
  static std::atomic<unsigned> count = 0;
  return fmt::format("{}/{}-{}-{}.tmp", directory, prefix, getpid(), ++count);
}

void remove_empty_directories(const std::string& path) {
  const auto is_directory = [](const std::string& name) {
    const auto status = find_stat(name);
    return status && S_ISDIR(status->st_mode);
  };
  if (!is_directory(path)) return;
  std::string deepest = path;
  while (rmdir(deepest.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) break;  // somebody else did
    if (errno != ENOTEMPTY && errno != EEXIST) throw_errno("remove", deepest);
    const auto entries = list_directory(deepest);
    if (entries.empty()) continue;
    deepest += "/" + entries.front().name;
    if (!is_directory(deepest)) return;
  }
  if (deepest != path) remove_empty_directories(path);
}

}  // namespace stravinsky::fs
