#include "tree/chunk_queue.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace stravinsky {

ChunkQueue::ChunkQueue(ObjectWriter& writer, HelperThreads& workers)
    : writer_(writer), workers_(workers), tree_(writer) {}

ChunkQueue::~ChunkQueue() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] {
    return std::all_of(chunks_.begin(), chunks_.end(), [](const Chunk& one) { return one.done; });
  });
}

void ChunkQueue::add(ByteView chunk) {
  name_first_done();
  std::shared_ptr<std::vector<std::byte>> copy;
  if (workers_.has_room())
    copy = std::make_shared<std::vector<std::byte>>(chunk.begin(), chunk.end());
  Chunk* place = nullptr;
  {
    const std::lock_guard lock(mutex_);
    place = &chunks_.emplace_back();
  }
  const auto store = [this, place](ByteView bytes) {
    Chunk result;
    try {
      result.stored = store_chunk(writer_, bytes);
    } catch (...) {
      result.failure = std::current_exception();
    }
    result.done = true;
    const std::lock_guard lock(mutex_);
    *place = std::move(result);
    done_.notify_all();  // under the lock: whoever waits may end this object next
  };
  try {
    if (!copy || !workers_.try_submit([copy, store] { store(*copy); })) store(chunk);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    chunks_.pop_back();  // nobody would ever end it
    throw;
  }
}

void ChunkQueue::add_stored(std::vector<StoredChunk> cuts) {
  name_first_done();
  const std::lock_guard lock(mutex_);
  chunks_.push_back({std::move(cuts), nullptr, true});
}

void ChunkQueue::name_first_done() {
  for (;;) {
    Chunk first;
    {
      const std::lock_guard lock(mutex_);
      if (chunks_.empty() || !chunks_.front().done) return;
      first = std::move(chunks_.front());
      chunks_.pop_front();
    }
    if (first.failure) std::rethrow_exception(first.failure);
    tree_.add(first.stored);
  }
}

StoredContent ChunkQueue::finish() {
  for (;;) {
    name_first_done();
    std::unique_lock lock(mutex_);
    if (chunks_.empty()) break;
    done_.wait(lock, [this] { return chunks_.front().done; });
  }
  return tree_.finish();
}

}  // namespace stravinsky
