#include "fs/durable.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "fs/fd.hpp"
#include "fs/file.hpp"

namespace stravinsky::fs {
namespace {

/// Gives the temporary its name unless the name is taken; -1 with errno on failure.
int rename_without_replacing(const char* temporary, const char* path) noexcept {
  if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  // NFS and some FUSE filesystems know no flags; a hard link never replaces either.
  if (link(temporary, path) != 0) return -1;
  ::unlink(temporary);  // the file has its name: a second one is litter, not a failure
  return 0;
}

void replace(const std::string& path, const std::string& temporary, ByteView bytes, unsigned mode,
             bool durable) {
  try {
    remove_file(temporary);
    Fd fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    write_all(fd.get(), bytes, temporary);
    if (durable) sync_file(fd.get(), temporary);
    fd.close(temporary);
    if (rename(temporary.c_str(), path.c_str()) != 0) throw_errno("replace", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durable) sync_directory(parent_of(path));
}

}  // namespace

void sync_file(int fd, const std::string& path) {
  if (fsync(fd) != 0) throw_errno("make durable", path);
}

void sync_directory(const std::string& path) {
  const Fd fd = open_directory(path);
  sync_file(fd.get(), path);
}

void write_durably(const std::string& path, const std::string& temporary, ByteView bytes,
                   unsigned mode) {
  replace(path, temporary, bytes, mode, true);
}

void write_atomically(const std::string& path, const std::string& temporary, ByteView bytes,
                      unsigned mode) {
  replace(path, temporary, bytes, mode, false);
}

void create_durably(const std::string& path, const std::string& temporary, ByteView bytes,
                    unsigned mode) {
  try {
    remove_file(temporary);
    Fd fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    write_all(fd.get(), bytes, temporary);
    sync_file(fd.get(), temporary);
    fd.close(temporary);
    if (rename_without_replacing(temporary.c_str(), path.c_str()) != 0) throw_errno("create", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_directory(parent_of(path));
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace stravinsky::fs
