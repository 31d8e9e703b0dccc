#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "checks/check_parts.hpp"
#include "stravinsky/open_files.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::chrono::milliseconds kPause{100};

void pause_for(const ChecksOptions& options, std::chrono::milliseconds wait) {
  if (options.pause) return options.pause(wait);
  const timespec time{.tv_sec = 0, .tv_nsec = wait.count() * 1'000'000};
  nanosleep(&time, nullptr);
}

struct Locked {
  const CheckedTree* tree;
  std::string path;
};

/// Adds the files that somebody writes to: what is written after they were replaced goes into a
/// file that is live no more. Nobody waits for those; a program may keep its log open for ever.
/// @returns how many
std::size_t find_writers(const Trees& trees, CheckResult& result) {
  std::size_t written = 0;
  for (const auto& tree : trees) {
    std::vector<std::string> live;
    std::map<std::string, std::string> paths;
    for (const CheckedFile& file : tree->files()) {
      if (file.type != EntryType::File) continue;
      live.push_back(tree->live_path(file.path));
      paths.emplace(live.back(), file.path);
    }
    for (const OpenFile& one : list_files_with_writers(live)) {
      const std::string who = one.processes.empty() ? "another program" : one.processes;
      result.add(*tree, paths.at(one.path), fmt::format("{} has it open for writing", who),
                 Severity::Warning);
      ++written;
    }
  }
  return written;
}

}  // namespace

bool is_locked(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;  // what cannot be read is another check's
  // A shared lock of ours, for a moment: refused only while somebody holds an exclusive one.
  bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
  struct flock other {};
  other.l_type = F_RDLCK;
  other.l_whence = SEEK_SET;
  locked = locked || (fcntl(fd, F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK);
  close(fd);
  return locked;
}

CheckResult check_file_locks(const Trees& trees, const ChecksOptions& options) {
  std::vector<Locked> locked;
  for (const auto& tree : trees) {
    for (const CheckedFile& file : tree->files()) {
      if (file.type == EntryType::File && is_locked(tree->live_path(file.path))) {
        locked.push_back({tree.get(), file.path});
      }
    }
  }
  const std::chrono::seconds timeout(options.config.safety.lock_timeout_seconds);
  for (std::chrono::milliseconds waited{0}; !locked.empty() && waited < timeout; waited += kPause) {
    if (options.cancelled && options.cancelled()) break;
    pause_for(options, kPause);
    std::erase_if(locked,
                  [](const Locked& one) { return !is_locked(one.tree->live_path(one.path)); });
  }
  CheckResult result;
  for (const Locked& one : locked) {
    result.add(*one.tree, one.path, "another program holds a lock on it", Severity::Warning);
  }
  const std::size_t written = find_writers(trees, result);
  const auto add = [&result](std::size_t number, std::string_view what) {
    if (number == 0) return;
    result.outcome = Outcome::Warned;
    result.text += fmt::format("{}{} of the files {} {}", result.text.empty() ? "" : ", ", number,
                               number == 1 ? "is" : "are", what);
  };
  add(locked.size(), "locked");
  add(written, "open for writing");
  if (!result.text.empty()) result.text += ": end what holds them, or go on";
  return result;
}

}  // namespace stravinsky::hooks
