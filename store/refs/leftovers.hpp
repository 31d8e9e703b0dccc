#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "refs/ref_store.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

/// What an event says a ref moves to: the answer when a lock file asks whose it is.
struct EventMoves {
  ObjectId event;
  std::optional<ObjectId> parent;
  std::vector<RefMove> moves;
};

/// Removes lock files that a dead writer of ours left. Call under `lock.refs`, so that no writer of
/// ours is alive between taking its locks and moving its refs.
///
/// @param head     the event that the audit ref points at
/// @param read     reads the event of an id that a lock file holds; empty when it is none
/// @param boot     when this machine started: any lock file older than that is nobody's
/// @returns the files removed, for the remarks
std::vector<std::string> remove_leftover_locks(
    const RefStore& refs, const std::optional<EventMoves>& head,
    const std::function<std::optional<EventMoves>(const ObjectId&)>& read, Timestamp boot);

}  // namespace stravinsky
