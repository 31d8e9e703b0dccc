#include "core/helper_threads.hpp"

#include <algorithm>
#include <utility>

#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// More would only wait for the one that has the file, and takes its SHA-256 byte by byte.
constexpr std::size_t kMostHelpers = 8;

}  // namespace

HelperThreads::HelperThreads(std::size_t threads)
    : helpers_(std::min(kMostHelpers, (threads == 0 ? usable_processors() : threads) - 1)) {}

bool HelperThreads::has_room() {
  const std::lock_guard lock(mutex_);
  return unfinished_ < 2 * helpers_;
}

bool HelperThreads::try_submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (unfinished_ >= 2 * helpers_) return false;
  try {
    if (!pool_) pool_.emplace(helpers_);
  } catch (const Error&) {
    return false;  // the system allows no more threads: the caller's own will do
  }
  pool_->submit([this, job = std::move(job)]() mutable {
    job();
    job = nullptr;  // the chunk's bytes go before another one may come
    const std::lock_guard done(mutex_);
    --unfinished_;
  });
  ++unfinished_;  // the job counts down under the lock that is held here
  return true;
}

}  // namespace stravinsky
