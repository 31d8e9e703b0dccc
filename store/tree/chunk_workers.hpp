#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "core/worker_pool.hpp"

namespace stravinsky {

/// Threads that work on the chunks of large files beside the one that has them in order. Shared by
/// files that are worked on at once, so that the number of threads and what waits for them is
/// bounded for all together.
/// Threads: any.
class ChunkWorkers {
 public:
  /// @param threads  that may work at once, the readers' own among them; 0: one per processor
  explicit ChunkWorkers(std::size_t threads = 0);

  /// Has another thread do `job`, which must not throw. @returns false when they have enough to do
  /// already: then the caller does it, rather than wait
  bool try_submit(std::function<void()> job);

 private:
  const std::size_t helpers_;
  std::mutex mutex_;  ///< of all that follows
  std::size_t unfinished_ = 0;
  std::optional<WorkerPool> pool_;  ///< made when it is first needed; last: its jobs count down
};

}  // namespace stravinsky
