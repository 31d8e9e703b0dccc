#pragma once

#include <span>

#include "audit/chain.hpp"

namespace stravinsky {

/// The refs as the chain says they are after the event `head`: the newest `refs.txt` at or below
/// it, or nothing, and the moves of the events since.
/// @throws Error Corrupt, NotFound, Signature
RefMap replay_refs(const ObjectDatabase& database, const ObjectId& head);

/// Applies an event's moves.
void apply_moves(RefMap& refs, std::span<const RefMove> moves);

/// For each ref that `links` move, where the last of them puts it, and every place it may stand at
/// meanwhile. docs/format.md 11, "Redoing".
struct FoldedMove {
  RefName name;
  std::vector<std::optional<ObjectId>> places;  ///< every `old` and `new`
  std::optional<ObjectId> target;               ///< the last `new`
};
std::vector<FoldedMove> fold_moves(std::span<const ChainLink> links);

/// What differs between the refs found and those replayed, sorted by ref.
std::vector<ForeignRef> find_foreign(const RefMap& found, const RefMap& replayed);

}  // namespace stravinsky
