#pragma once

#include <cstdint>

namespace stravinsky {

/// What a long operation tells while it runs, and how it is asked to stop.
/// Threads: called from any, several at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  /// More work became known. @param files, bytes  added to what is expected
  virtual void expect(std::uint64_t files, std::uint64_t bytes);
  /// What a tree will come to if it is much as it was before. Its own work is expected all the
  /// same.
  virtual void estimate(std::uint64_t bytes);
  /// A tree is walked to its end: no more of it will become known. Of several, each says so.
  virtual void all_expected();
  /// Work was done. @param files, bytes  since the last call
  virtual void advance(std::uint64_t files, std::uint64_t bytes);
  /// Asked between steps; true makes the operation stop at the next safe point with Error
  /// Cancelled.
  virtual bool cancelled();
};

/// Stands for "nobody listens".
Progress& no_progress();

}  // namespace stravinsky
