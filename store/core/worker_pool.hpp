#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace stravinsky {

/// How many processors this process may use.
std::size_t usable_processors();

/// A fixed set of threads that run small jobs.
///
/// `submit` never blocks: bound what you queue with `wait_below`. A job may submit further jobs.
/// The first exception of a job is kept, the jobs still queued are dropped, and `wait` rethrows it.
/// Threads: every member may be called from any thread.
class WorkerPool {
 public:
  /// @param threads  how many; 0 means one per processor that this process may use. Fewer where the
  ///                 system allows no more. @throws Error Io: it allows none
  explicit WorkerPool(std::size_t threads = 0);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t size() const noexcept { return threads_.size(); }
  void submit(std::function<void()> job);
  /// Waits until fewer than `limit` jobs are queued or running; rethrows a job's exception.
  /// Never from inside a job.
  void wait_below(std::size_t limit);
  /// Waits until every job has ended; rethrows the first exception.
  void wait() { wait_below(1); }

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable work_, progress_;
  std::deque<std::function<void()>> queue_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace stravinsky
