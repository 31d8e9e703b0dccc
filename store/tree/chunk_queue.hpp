#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include "core/helper_threads.hpp"
#include "tree/chunk_tree.hpp"

namespace stravinsky {

/// Stores the chunks of one large file, several at once, and names them in their order.
/// Threads: one at a time for each object.
class ChunkQueue {
 public:
  ChunkQueue(ObjectWriter& writer, HelperThreads& workers);
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
  HelperThreads& workers_;
  ChunkTree tree_;
  std::mutex mutex_;  ///< of what is in `chunks_`, which other threads fill in
  std::condition_variable done_;
  std::deque<Chunk> chunks_;  ///< not named yet, in order
};

}  // namespace stravinsky
