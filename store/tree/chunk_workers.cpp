#include "tree/chunk_workers.hpp"

#include <algorithm>
#include <utility>

namespace stravinsky {
namespace {

/// More would only wait for the one that has the file, and takes its SHA-256 byte by byte.
constexpr std::size_t kMostHelpers = 8;

}  // namespace

ChunkWorkers::ChunkWorkers(std::size_t threads)
    : helpers_(std::min(kMostHelpers, (threads == 0 ? usable_processors() : threads) - 1)) {}

bool ChunkWorkers::try_submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (unfinished_ >= 2 * helpers_) return false;
  if (!pool_) pool_.emplace(helpers_);
  ++unfinished_;
  pool_->submit([this, job = std::move(job)]() mutable {
    job();
    job = nullptr;  // the chunk's bytes go before another one may come
    const std::lock_guard done(mutex_);
    --unfinished_;
  });
  return true;
}

}  // namespace stravinsky
