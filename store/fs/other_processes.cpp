#include "fs/other_processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <fstream>
#include <functional>
#include <set>
#include <vector>

#include "fs/fd.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky::fs {
namespace {

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

/// What the link `name` in /proc leads to; empty: not to be seen.
std::string target_of(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlinkat(directory, name.c_str(), target.data(), target.size());
  return length < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

/// Calls `visit` for each process with its directory in /proc, as a path, and its number.
void each_process(
    const std::function<void(const std::string& base, const std::string& number)>& visit) {
  std::vector<DirectoryEntry> processes;
  const Fd proc = open_at(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
  if (!proc || list_directory(proc.get(), processes) != 0) return;
  for (const DirectoryEntry& process : processes) {
    if (process.name.find_first_not_of("0123456789") != std::string::npos) continue;
    visit("/proc/" + process.name, process.name);
  }
}

/// Adds `123 (vim)` to a list of such.
void add_name(std::string& names, const std::string& base, const std::string& number) {
  std::string command;
  std::ifstream(base + "/comm") >> command;
  if (!names.empty()) names += ", ";
  names += fmt::format("{} ({})", number, command);
}

/// `123 (vim), 124 (tail)` of the processes for which `concerns` says so.
/// @param concerns  gets the process's directory in /proc, as a path
std::string name_processes(const std::function<bool(const std::string&)>& concerns) {
  std::string names;
  each_process([&](const std::string& base, const std::string& number) {
    if (concerns(base)) add_name(names, base, number);
  });
  return names;
}

/// Whether `matches` holds for one of a process's descriptors.
bool any_descriptor(const std::string& base,
                    const std::function<bool(int directory, const std::string& name)>& matches) {
  const Fd open_files = open_at(AT_FDCWD, (base + "/fd").c_str(), O_RDONLY | O_DIRECTORY);
  std::vector<DirectoryEntry> files;
  if (!open_files || list_directory(open_files.get(), files) != 0) return false;
  for (const DirectoryEntry& file : files) {
    if (matches(open_files.get(), file.name)) return true;
  }
  return false;
}

}  // namespace

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
  return name_processes([&](const std::string& base) {
    return any_descriptor(base, [&](int directory, const std::string& name) {
      struct stat status {};
      return fstatat(directory, name.c_str(), &status, 0) == 0 && status.st_ino == wanted.st_ino &&
             status.st_dev == wanted.st_dev && is_for_writing(base + "/fdinfo/" + name);
    });
  });
}

std::optional<FileIdentity> identity_of(int fd) noexcept {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileIdentity(status.st_dev, status.st_ino);
}

WrittenFiles list_written_files() {
  WrittenFiles files;
  const std::string own = fmt::format("/proc/{}", getpid());
  each_process([&](const std::string& base, const std::string& number) {
    if (base == own) return;
    std::set<FileIdentity> written;
    any_descriptor(base, [&](int directory, const std::string& name) {
      struct stat status {};
      if (fstatat(directory, name.c_str(), &status, 0) == 0 && S_ISREG(status.st_mode) &&
          is_for_writing(base + "/fdinfo/" + name)) {
        written.emplace(status.st_dev, status.st_ino);
      }
      return false;
    });
    for (const FileIdentity& file : written) add_name(files[file], base, number);
  });
  return files;
}

std::string name_processes_inside(const std::string& path) {
  const std::string own = fmt::format("/proc/{}", getpid());
  const auto is_inside = [&](const std::string& target) {
    return target == path || target.starts_with(path + "/");
  };
  return name_processes([&](const std::string& base) {
    if (base == own) return false;
    if (is_inside(target_of(AT_FDCWD, base + "/cwd"))) return true;
    return any_descriptor(base, [&](int directory, const std::string& name) {
      struct stat status {};
      return is_inside(target_of(directory, name)) &&
             fstatat(directory, name.c_str(), &status, 0) == 0 && S_ISDIR(status.st_mode);
    });
  });
}

}  // namespace stravinsky::fs
