#include "files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

/// Owner of a descriptor for the length of a function.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Errc code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Errc::NotFound;
    case EEXIST:
      return Errc::Exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::Denied;
    case ENOSPC:
    case EDQUOT:
      return Errc::NoSpace;
    case EISDIR:
    case ENAMETOOLONG:
      return Errc::Invalid;
    default:
      return Errc::Io;
  }
}

}  // namespace

void throw_errno(std::string_view what, const std::string& path) {
  const int number = errno;
  throw Error(code_of(number), fmt::format("cannot {} {}", what, quoted(path)),
              std::strerror(number));
}

std::string read_all(int fd, const std::string& name, std::size_t limit) {
  std::string content;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno("read", name);
    }
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > limit) {
      throw Error(Errc::Invalid, fmt::format("cannot read {}", quoted(name)),
                  fmt::format("it has more than {} bytes", limit));
    }
  }
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: a FIFO without a writer must not hang us.
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno("open", path);
  }
  return read_all(fd.get(), path, limit);
}

std::string read_argument_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", limit);
  // Blocking, so that a process substitution may take its time.
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) throw_errno("open", path);
  return read_all(fd.get(), path, limit);
}

void replace_file(const std::string& path, std::string_view content) {
  const std::string temporary = fmt::format("{}.new-{}", path, getpid());
  const std::string directory = std::filesystem::path(path).parent_path().string();
  struct stat before {};
  const mode_t mode = stat(path.c_str(), &before) == 0 ? before.st_mode & 07777 : 0600;
  try {
    const Descriptor fd(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (fd.get() < 0) throw_errno("create", temporary);
    while (!content.empty()) {
      const ssize_t count = write(fd.get(), content.data(), content.size());
      if (count < 0 && errno != EINTR) throw_errno("write", temporary);
      if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
    }
    if (fsync(fd.get()) != 0) throw_errno("make durable", temporary);
    if (rename(temporary.c_str(), path.c_str()) != 0) throw_errno("replace", path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  const Descriptor parent(
      open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || fsync(parent.get()) != 0) throw_errno("make durable", directory);
}

std::string absolute_path(const std::string& path) {
  std::string result = std::filesystem::absolute(path).lexically_normal().string();
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

}  // namespace stravinsky::cli
