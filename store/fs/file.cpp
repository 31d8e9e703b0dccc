#include "fs/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "core/text.hpp"
#include "fs/list_directory.hpp"
#include "fs/reserve_pages.hpp"

namespace stravinsky::fs {
namespace {

/// Linux moves at most this much in one call.
constexpr std::size_t kMostPerCall = 0x7ffff000;
constexpr std::size_t kFirstRead = 4096;  // of a file that tells no size

/// The first `most` bytes, of a shorter file all.
std::string read_beginning(int fd, const std::string& path, std::uint64_t most) {
  struct stat status {};
  if (fstat(fd, &status) != 0) throw_errno("read", path);
  // A file of a known size is read to that, and not asked whether more came meanwhile: that would
  // be a system call more for each of hundreds of small ones. In /proc none is known.
  const std::uint64_t expected =
      S_ISREG(status.st_mode) ? std::min(static_cast<std::uint64_t>(status.st_size), most) : 0;
  std::string content;
  std::size_t used = 0;
  reserve_pages(content, expected);
  do {
    content.resize(expected != 0
                       ? expected
                       : std::min<std::uint64_t>(most, std::max(kFirstRead, 2 * content.size())));
    const ssize_t count = read_some(fd, content.data() + used, content.size() - used);
    if (count < 0) throw_errno("read", path);
    used += static_cast<std::size_t>(count);
  } while (expected == 0 && used == content.size() && used < most);
  content.resize(used);
  return content;
}

std::string read_open_file(int fd, const std::string& path, std::uint64_t limit) {
  std::string content = read_beginning(fd, path, limit + 1);
  if (content.size() > limit) {
    throw Error(Errc::Corrupt, fmt::format("cannot read {}", quoted(path)),
                fmt::format("it is larger than {} bytes", limit));
  }
  return content;
}

/// Empty when nothing is there.
Fd open_if_there(const std::string& path) {
  Fd fd = open_at(AT_FDCWD, path.c_str(), O_RDONLY);
  if (!fd && errno != ENOENT && errno != ENOTDIR) throw_errno("open", path);
  return fd;
}

/// Empties the open directory, then goes up again: as deep as the tree is, two descriptors suffice.
void remove_children(Fd directory, const std::string& path) {
  for (std::size_t depth = 0;;) {
    std::string child;
    for (const DirectoryEntry& entry : list_directory(directory.get(), path)) {
      if (unlinkat(directory.get(), entry.name.c_str(), 0) == 0) continue;
      if (errno != EISDIR && errno != EPERM) throw_errno("remove", path + "/" + entry.name);
      if (unlinkat(directory.get(), entry.name.c_str(), AT_REMOVEDIR) == 0) continue;
      if (errno != ENOTEMPTY && errno != EEXIST) throw_errno("remove", path + "/" + entry.name);
      child = entry.name;
      break;
    }
    Fd next;
    if (!child.empty()) {
      next = open_at(directory.get(), child.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      ++depth;
    } else if (depth == 0) {
      return;
    } else {
      next = open_at(directory.get(), "..", O_RDONLY | O_DIRECTORY);
      --depth;
    }
    if (!next) throw_errno("remove", path + "/" + child);
    directory = std::move(next);
  }
}

}  // namespace

ssize_t read_some(int fd, void* buffer, std::size_t size) noexcept {
  std::size_t used = 0;
  while (used < size) {
    const ssize_t count =
        ::read(fd, static_cast<char*>(buffer) + used, std::min(size - used, kMostPerCall));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(used);
}

ssize_t read_at(int fd, void* buffer, std::size_t size, std::uint64_t offset) noexcept {
  std::size_t used = 0;
  while (used < size) {
    const ssize_t count =
        ::pread(fd, static_cast<char*>(buffer) + used, std::min(size - used, kMostPerCall),
                static_cast<off_t>(offset + used));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(used);
}

void write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min(bytes.size(), kMostPerCall));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::string read_file(const std::string& path, std::uint64_t limit) {
  const Fd fd = open(path, O_RDONLY);
  return read_open_file(fd.get(), path, limit);
}

std::optional<std::string> find_file(const std::string& path, std::uint64_t limit) {
  const Fd fd = open_if_there(path);
  if (!fd) return std::nullopt;
  return read_open_file(fd.get(), path, limit);
}

std::optional<std::string> find_beginning(const std::string& path, std::size_t most) {
  const Fd fd = open_if_there(path);
  if (!fd) return std::nullopt;
  return read_beginning(fd.get(), path, most);
}

std::optional<struct stat> find_stat(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_errno("look at", path);
}

std::optional<struct stat> find_target_stat(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_errno("look at", path);
}

bool is_settled(const struct stat& status) {
  constexpr std::int64_t kTwoTicks = 20'000'000;
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // what files are stamped by
  return nanoseconds(now) - nanoseconds(status.st_mtim) > kTwoTicks &&
         nanoseconds(now) - nanoseconds(status.st_ctim) > kTwoTicks;
}

struct stat stat_of(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) throw_errno("look at", path);
  return status;
}

bool exists(const std::string& path) { return find_stat(path).has_value(); }

bool make_directory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return true;
  const int error = errno;
  struct stat status {};
  if (error == EEXIST && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return false;
  throw errno_error("create directory", path, error);
}

void make_directories(const std::string& path, mode_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    struct stat status {};
    if (stat(part.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) make_directory(part, mode);
    if (end == std::string::npos) return;
  }
}

bool remove_file(const std::string& path) {
  if (unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw_errno("remove", path);
}

bool remove_tree(const std::string& path) {
  Fd directory = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory && (errno == ENOTDIR || errno == ELOOP)) return remove_file(path);
  if (!directory && errno == ENOENT) return false;
  if (!directory) throw_errno("remove", path);
  remove_children(std::move(directory), path);
  if (rmdir(path.c_str()) != 0) throw_errno("remove", path);
  return true;
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) throw_errno("find", path);
  return resolved.get();
}

}  // namespace stravinsky::fs
