#include "fs/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "core/text.hpp"

namespace stravinsky::fs {

bool Lock::try_lock(const std::string& path, Mode mode, Lock& lock) {
  Fd fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  const int operation = (mode == Mode::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  int result;
  do {
    result = flock(fd.get(), operation);
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EWOULDBLOCK) throw_errno("lock", path);
  if (result != 0) return false;
  lock.fd_ = std::move(fd);
  return true;
}

Lock::Lock(const std::string& path, Mode mode, std::chrono::milliseconds wait) {
  // Tried again and again rather than with a blocking flock and an alarm: a library owns no
  // signals.
  const auto end = std::chrono::steady_clock::now() + wait;
  for (auto pause = std::chrono::milliseconds(1); !try_lock(path, mode, *this);) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) {
      throw Error(Errc::Locked, fmt::format("cannot lock {}", quoted(path)),
                  "another stravinsky process is writing to this store",
                  "wait for it to end, or give it longer with --lock-wait SECONDS");
    }
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(pause, end - now));
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
}

}  // namespace stravinsky::fs
