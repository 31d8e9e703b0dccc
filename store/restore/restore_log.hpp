#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "stravinsky/restore.hpp"

namespace stravinsky {

/// What a restore has done so far. Threads: any.
class RestoreLog {
 public:
  void restored(std::uint64_t bytes) {
    restored_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void unchanged() { unchanged_.fetch_add(1, std::memory_order_relaxed); }
  void skipped() { skipped_.fetch_add(1, std::memory_order_relaxed); }

  /// The entry itself is missing from the target.
  void failed(std::string path, std::string reason, bool damaged);
  /// The entry is there, but not with everything.
  void incomplete(std::string path, std::string reason);

  /// @returns everything, issues sorted by path
  RestoreReport report();

 private:
  std::atomic<std::uint64_t> restored_{0}, unchanged_{0}, skipped_{0}, failed_{0}, bytes_{0};
  std::mutex mutex_;
  std::vector<RestoreIssue> issues_;
};

}  // namespace stravinsky
