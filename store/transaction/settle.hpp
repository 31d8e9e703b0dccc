#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// How many events may wait until their refs are made durable.
inline constexpr std::uint64_t kMostPending = 64;
/// Above this many loose refs snapshots' tags are packed.
inline constexpr std::size_t kMostLooseRefs = 256;

/// What follows an answer: HEAD, the checkpoint outside the store, and from time to time packed
/// refs, fsync of the refs that pending events moved, and `applied`. Under `lock.refs`. Each part
/// may be lost by a crash and is done again by a later operation.
void settle(Store::Parts& parts, const ChainLink& head, const RefMap& refs);

}  // namespace stravinsky
