#pragma once

#include "fs/lock.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// `lock.refs`, held for its lifetime, and the refs as they stand under it.
///
/// Taking it finishes what a dead writer left: removes its lock files and temporary files, and
/// moves the refs of the events after `applied` to where they say. Done already: changes nothing. A
/// ref that stands somewhere unknown is left: the next event reports it. May be killed anywhere and
/// run again.
class RecoveredRefs {
 public:
  /// @throws Error Locked, Corrupt, Io
  explicit RecoveredRefs(Store::Parts& parts);

  const ChainLink& head() const noexcept { return head_; }
  const RefMap& refs() const noexcept { return refs_; }
  /// What the holder of the lock moved.
  void moved(std::span<const RefMove> moves, const ChainLink& head);

 private:
  fs::Lock lock_;
  ChainLink head_;
  RefMap refs_;
};

/// Points HEAD at a profile's branch when it still points at the audit chain.
void point_head_at_first_profile(const Store::Parts& parts, const RefMap& refs);

}  // namespace stravinsky
