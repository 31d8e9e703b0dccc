#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "core/worker_pool.hpp"

namespace stravinsky {

/// Threads that work on parts of something beside the one that has it: the chunks of a large file.
/// Shared by all that is worked on at once, so that their number, and what waits for them, is
/// bounded for all together.
/// Threads: any.
class HelperThreads {
 public:
  /// @param threads  one more than there are helpers, of which there are at most 8; 0: one per
  ///                 processor
  explicit HelperThreads(std::size_t threads = 0);

  /// Whether `try_submit` would find room now.
  bool has_room();

  /// Has another thread do `job`, which must not throw, and is dropped if this object ends before
  /// its turn. @returns false when they have enough to do already: then the caller does it, rather
  /// than wait
  bool try_submit(std::function<void()> job);

 private:
  const std::size_t helpers_;
  std::mutex mutex_;  ///< of all that follows
  std::size_t unfinished_ = 0;
  std::optional<WorkerPool> pool_;  ///< made when it is first needed; last: its jobs count down
};

}  // namespace stravinsky
