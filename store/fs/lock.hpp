#pragma once

#include <chrono>
#include <string>

#include "fs/fd.hpp"

namespace stravinsky::fs {

/// A kernel lock on a file of its own. The kernel drops it when the process dies, so no lock is
/// ever stale and the file itself stays: removing it would let two processes lock two files of one
/// name.
class Lock {
 public:
  enum class Mode { Shared, Exclusive };

  Lock() = default;
  /// @param path  created (0600) when missing
  /// @param wait  how long to try; zero: once
  /// @throws Error Locked when `wait` has passed; else of the errno
  Lock(const std::string& path, Mode mode, std::chrono::milliseconds wait);

  /// Tries once; false when another process holds it.
  static bool try_lock(const std::string& path, Mode mode, Lock& lock);
  bool held() const noexcept { return static_cast<bool>(fd_); }
  void release() noexcept { fd_.reset(); }

 private:
  Fd fd_;
};

}  // namespace stravinsky::fs
