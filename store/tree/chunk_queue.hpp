#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/worker_pool.hpp"
#include "tree/chunk_tree.hpp"

namespace stravinsky {

/// The threads that store chunks beside those that read: shared by all large files of a snapshot,
/// so that their number and what waits for them is bounded for all together.
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

/// Stores the chunks of one large file, several at once, and names them in their order.
/// Threads: one at a time for each object.
class ChunkQueue {
 public:
  ChunkQueue(ObjectWriter& writer, ChunkWorkers& workers);
  ~ChunkQueue();  ///< waits for chunks that are being stored
  ChunkQueue(const ChunkQueue&) = delete;
  ChunkQueue& operator=(const ChunkQueue&) = delete;

  /// The next chunk; it is copied. @throws Error as ObjectWriter::put, of this chunk or an earlier
  void add(ByteView chunk);
  /// The next chunk, which is stored already.
  void add_stored(std::vector<StoredChunk> cuts);
  bool empty() const noexcept { return tree_.empty() && chunks_.empty(); }
  /// @throws Error as add
  StoredContent finish();

 private:
  struct Chunk {
    std::vector<StoredChunk> stored;  ///< once it is done
    std::exception_ptr failure;
    bool done = false;
  };

  void name_first_done();

  ObjectWriter& writer_;
  ChunkWorkers& workers_;
  ChunkTree tree_;
  std::mutex mutex_;  ///< of what is in `chunks_`, which other threads fill in
  std::condition_variable done_;
  std::deque<Chunk> chunks_;  ///< not named yet, in order
};

}  // namespace stravinsky
