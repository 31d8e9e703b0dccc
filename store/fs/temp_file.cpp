#include "fs/temp_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

namespace stravinsky::fs {

// Without /proc an unprivileged process cannot name what O_TMPFILE made.
TempFiles::TempFiles(Names names)
    : nameless_(names == Names::WhereNeeded && access("/proc/self/fd", X_OK) == 0) {}

std::string TempFiles::next_name() {
  static std::atomic<std::uint64_t> counter{0};
  return fmt::format(".stravinsky-tmp-{}-{}", getpid(), counter.fetch_add(1));
}

TempFile::TempFile(TempFiles& files, int directory, mode_t mode, const std::string& path)
    : files_(files), directory_(directory), path_(path) {
  if (files_.nameless_.load(std::memory_order_relaxed)) {
    fd_ = open_at(directory_, ".", O_TMPFILE | O_RDWR, mode);
    if (fd_) return;
    // EISDIR comes from kernels, ENOENT from some network filesystems, that do not know it.
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) {
      throw_errno("create", path_);
    }
    files_.nameless_.store(false, std::memory_order_relaxed);
  }
  do {
    temporary_ = files_.next_name();
    fd_ = open_at(directory_, temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
                  mode & 0600);
  } while (!fd_ && errno == EEXIST);
  if (!fd_) {
    temporary_.clear();
    throw_errno("create", path_);
  }
}

TempFile::~TempFile() {
  if (!temporary_.empty()) unlinkat(directory_, temporary_.c_str(), 0);
}

bool TempFile::link_as(const std::string& name) {
  if (files_.empty_path_.load(std::memory_order_relaxed)) {
    if (linkat(fd_.get(), "", directory_, name.c_str(), AT_EMPTY_PATH) == 0) return true;
    if (errno == EEXIST) return false;
    // Without CAP_DAC_READ_SEARCH the kernel says ENOENT.
    if (errno != ENOENT && errno != EINVAL && errno != EPERM) throw_errno("create", path_);
    files_.empty_path_.store(false, std::memory_order_relaxed);
  }
  const std::string itself = fmt::format("/proc/self/fd/{}", fd_.get());
  if (linkat(AT_FDCWD, itself.c_str(), directory_, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  if (errno == EEXIST) return false;
  throw_errno("create", path_);
}

bool TempFile::link(const std::string& name) {
  if (temporary_.empty()) return link_as(name);
  if (!rename_in_directory(directory_, temporary_, name, path_)) return false;
  temporary_.clear();
  return true;
}

void TempFile::replace(const std::string& name) {
  while (temporary_.empty()) {
    std::string candidate = files_.next_name();
    if (link_as(candidate)) temporary_ = std::move(candidate);
  }
  if (renameat(directory_, temporary_.c_str(), directory_, name.c_str()) != 0) {
    throw_errno("replace", path_);
  }
  temporary_.clear();
}

bool rename_in_directory(int directory, const std::string& from, const std::string& to,
                         const std::string& path) {
  if (renameat2(directory, from.c_str(), directory, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) throw_errno("create", path);
  if (linkat(directory, from.c_str(), directory, to.c_str(), 0) != 0) {
    if (errno == EEXIST) return false;
    throw_errno("create", path);
  }
  if (unlinkat(directory, from.c_str(), 0) != 0) throw_errno("remove the temporary name of", path);
  return true;
}

}  // namespace stravinsky::fs
