#include "core/worker_pool.hpp"

#include <sched.h>

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "stravinsky/error.hpp"

namespace stravinsky {

std::size_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

WorkerPool::WorkerPool(std::size_t threads) {
  if (threads == 0) threads = usable_processors();
  threads_.reserve(threads);
  std::string why;
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    why = error.code().message();
  } catch (const std::bad_alloc&) {
    why = "out of memory";
  }
  // With fewer than were asked for it takes longer.
  if (!threads_.empty()) return;
  throw Error(Errc::Io, "cannot start a thread", why,
              "end other programs of yours, or raise the limit: see `ulimit -u`");
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_ || stopping_) return;
    queue_.push_back(std::move(job));
  }
  work_.notify_one();
}

void WorkerPool::wait_below(std::size_t limit) {
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return failure_ ? running_ == 0 : queue_.size() + running_ < limit; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::function<void()> job = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      job();
    } catch (...) {
      failure = std::current_exception();
    }
    job = nullptr;  // what it captured goes before anyone hears that it ended
    lock.lock();
    --running_;
    if (failure && !failure_) failure_ = failure;
    if (failure_) queue_.clear();
    progress_.notify_all();
  }
}

}  // namespace stravinsky
