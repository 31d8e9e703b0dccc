#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "checks/check_parts.hpp"

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
  if (!locked.empty()) {
    result.outcome = Outcome::Warned;
    result.text = fmt::format("{} of the files {} locked: end what holds them, or go on",
                              locked.size(), locked.size() == 1 ? "is" : "are");
  }
  return result;
}

}  // namespace stravinsky::hooks
