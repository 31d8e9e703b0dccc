#include "fs/unfinished_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky::fs {
namespace {

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kMostPerCall = 0x7ffff000;

bool lock(int fd, int operation) {
  int result;
  do {
    result = flock(fd, operation);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

UnfinishedFile::UnfinishedFile(const std::string& directory, std::string_view prefix) {
  static std::atomic<unsigned> next{0};
  for (;;) {
    path_ = fmt::format("{}/{}{}-{}{}", directory, prefix, getpid(), next++, kSuffix);
    fd_ = open_at(AT_FDCWD, path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!fd_ && errno == EEXIST) continue;  // a dead process had our number
    if (!fd_) throw_errno("create", path_);
    struct stat status {};
    if (!lock(fd_.get(), LOCK_EX) || fstat(fd_.get(), &status) != 0) {
      const int error = errno;
      ::unlink(path_.c_str());
      throw errno_error("lock", path_, error);
    }
    // Between creating and locking, another process may have taken it for abandoned.
    if (status.st_nlink != 0) return;
  }
}

UnfinishedFile::~UnfinishedFile() {
  if (!published_) ::unlink(path_.c_str());
}

void UnfinishedFile::write_at(ByteView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_.get(), bytes.data(), std::min(bytes.size(), kMostPerCall),
                                   static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void UnfinishedFile::finish(mode_t mode) {
  if (fchmod(fd_.get(), mode) != 0) throw_errno("set the mode of", path_);
  sync_file(fd_.get(), path_);
}

void UnfinishedFile::publish(const std::string& path) {
  if (std::rename(path_.c_str(), path.c_str()) != 0) throw_errno("create", path);
  published_ = true;
}

void remove_abandoned_files(const std::string& directory, std::string_view prefix) {
  const Fd fd = open_at(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd && errno == ENOENT) return;
  if (!fd) throw_errno("open", directory);
  for (const DirectoryEntry& entry : list_directory(fd.get(), directory)) {
    if (!entry.name.starts_with(prefix) || !entry.name.ends_with(kSuffix)) continue;
    const Fd file = open_at(fd.get(), entry.name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (!file || !lock(file.get(), LOCK_EX | LOCK_NB)) continue;
    if (unlinkat(fd.get(), entry.name.c_str(), 0) != 0 && errno != ENOENT) {
      throw_errno("remove", directory + "/" + entry.name);
    }
  }
}

}  // namespace stravinsky::fs
