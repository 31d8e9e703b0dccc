#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "refs/ref_store.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

/// A free name in `tmp_dir` for a file that is only ever made under `lock.refs`: whoever holds the
/// lock next may take what has such a name for litter.
std::string temporary_under_lock(const std::string& tmp_dir, std::string_view kind);

/// Removes what a dead writer left under such names. Call under `lock.refs`.
void remove_temporaries(const std::string& tmp_dir);

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
/// @param known    where refs go that a writer may have held: the moves of that event, and what the
///                 events that are not applied yet come to, which a recovery moves
/// @param read     reads the event of an id that a lock file holds; empty when it is none
/// @param boot     when this machine started: any lock file older than that is nobody's
/// @returns the files removed, for the remarks
std::vector<std::string> remove_leftover_locks(
    const RefStore& refs, const ObjectId& head, std::span<const RefMove> known,
    const std::function<std::optional<EventMoves>(const ObjectId&)>& read, Timestamp boot);

}  // namespace stravinsky
