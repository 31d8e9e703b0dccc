#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "snapshots/compare.hpp"

namespace stravinsky {

/// Reads the directories of two trees that wait to be compared on a thread of its own, the latest
/// first, as a walk that keeps them on a stack asks for them. Keeps both trees by reference; they
/// are read by that thread and the caller's at once.
/// Threads: one.
class ReadAhead {
 public:
  /// A directory that is on one side or on both.
  class Pair {
   public:
    Pair(std::string path, std::optional<StoredDirectory> a, std::optional<StoredDirectory> b);

    const std::string& path() const noexcept { return path_; }
    /// Empty: it is not on this side.
    const std::optional<StoredDirectory>& stored_a() const noexcept { return sides_[0].stored; }
    const std::optional<StoredDirectory>& stored_b() const noexcept { return sides_[1].stored; }
    /// Once it was taken. A side that has no such directory has no entries.
    /// @throws whatever reading it threw
    const Directory& a() const { return sides_[0].get(); }
    const Directory& b() const { return sides_[1].get(); }

   private:
    friend class ReadAhead;
    enum class State { Waiting, Reading, Read };
    struct Side {
      std::optional<StoredDirectory> stored;
      std::shared_ptr<const Directory> directory;
      std::exception_ptr failure;

      const Directory& get() const;
      void read(const ComparedTree& tree, const std::string& path) noexcept;
    };

    std::string path_;
    std::array<Side, 2> sides_;
    State state_ = State::Waiting;  ///< under the mutex of who reads
  };

  ReadAhead(const ComparedTree& a, const ComparedTree& b) : a_(a), b_(b) {}
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Tells of a pair that `take` will be asked for, after those that `expect` is told of later.
  void expect(const std::shared_ptr<Pair>& pair);
  /// Sees to it that both sides are read, or that it is known why not.
  void take(Pair& pair);

 private:
  void run();
  std::shared_ptr<Pair> next();

  const ComparedTree &a_, &b_;
  std::mutex mutex_;  ///< of all that follows, and of each pair's state
  std::condition_variable work_, read_;
  std::vector<std::shared_ptr<Pair>> waiting_;
  std::size_t ahead_ = 0;  ///< read and not taken
  bool stopping_ = false;
  std::thread thread_;  ///< once there is something for it to do
};

}  // namespace stravinsky
