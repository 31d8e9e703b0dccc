#include "snapshots/read_ahead.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/worker_pool.hpp"

namespace stravinsky {
namespace {

/// So many are read and not taken at most: some MB of entries.
constexpr std::size_t kMostAhead = 64;
/// A small comparison ends before a thread has begun.
constexpr std::size_t kWorthAThread = 8;

}  // namespace

ReadAhead::Pair::Pair(std::string path, std::optional<StoredDirectory> a,
                      std::optional<StoredDirectory> b)
    : path_(std::move(path)), sides_{Side{a, {}, {}}, Side{b, {}, {}}} {}

const Directory& ReadAhead::Pair::Side::get() const {
  if (failure) std::rethrow_exception(failure);
  static const Directory none;
  return directory ? *directory : none;
}

void ReadAhead::Pair::Side::read(const ComparedTree& tree, const std::string& path) noexcept {
  if (!stored) return;
  try {
    directory = tree.read(*stored, path);
  } catch (...) {
    failure = std::current_exception();
  }
}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void ReadAhead::expect(const std::shared_ptr<Pair>& pair) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(pair);
    if (!thread_.joinable()) {
      if (waiting_.size() < kWorthAThread || usable_processors() == 1) return;
      try {
        thread_ = std::thread([this] { run(); });
      } catch (const std::system_error&) {
        return;  // the system allows no more threads: the caller's own will do
      }
    }
  }
  work_.notify_one();
}

void ReadAhead::take(Pair& pair) {
  std::unique_lock lock(mutex_);
  if (pair.state_ == Pair::State::Waiting) {
    const auto same = [&](const auto& one) { return one.get() == &pair; };
    const auto found =
        std::find_if(waiting_.rbegin(), waiting_.rend(), same);  // by order: the last
    if (found != waiting_.rend()) waiting_.erase(found.base() - 1);
    lock.unlock();
    pair.sides_[0].read(a_, pair.path_);
    pair.sides_[1].read(b_, pair.path_);
    return;
  }
  read_.wait(lock, [&] { return pair.state_ == Pair::State::Read; });
  --ahead_;
  lock.unlock();
  work_.notify_one();
}

/// The latest but one: the caller is about to take the latest.
std::shared_ptr<ReadAhead::Pair> ReadAhead::next() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [&] { return stopping_ || (ahead_ < kMostAhead && waiting_.size() > 1); });
  if (stopping_) return nullptr;
  const auto found = waiting_.end() - 2;
  std::shared_ptr<Pair> pair = std::move(*found);
  waiting_.erase(found);
  pair->state_ = Pair::State::Reading;
  ++ahead_;
  return pair;
}

void ReadAhead::run() {
  while (const std::shared_ptr<Pair> pair = next()) {
    pair->sides_[0].read(a_, pair->path_);
    pair->sides_[1].read(b_, pair->path_);
    {
      const std::lock_guard lock(mutex_);
      pair->state_ = Pair::State::Read;
    }
    read_.notify_one();
  }
}

}  // namespace stravinsky
