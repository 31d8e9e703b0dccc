#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// How many events may wait until their refs are made durable: until the command has answered, or
/// even before it does. Every command reads those that wait.
inline constexpr std::uint64_t kPendingAfterAnswer = 16, kMostPending = 64;
/// Above this many loose tags those of snapshots are packed; twice as many are not waited for. Each
/// command opens and reads all loose refs, a writing one three times: 170 of them took 7 of the 44
/// ms of a small `snapshot`.
inline constexpr std::size_t kMostLooseTags = 64;

/// `applied` as far as it can be of the chain that ends at `head`: a number above its newest event
/// is damage and counts as 0, since redoing what is done already changes nothing.
std::uint64_t applied_up_to(const Store::Parts& parts, const ChainLink& head);

/// What follows a publication, under its `lock.refs`: HEAD and the checkpoint outside the store,
/// and the work of `settle_pending` where nobody came to do that. Each part may be lost by a crash
/// and is done again by a later operation.
void settle(Store::Parts& parts, const ChainLink& head, const RefMap& refs);

/// From time to time packs refs, fsyncs those that pending events moved, and writes `applied`.
/// @throws Error Locked, Io
void settle_pending(Store::Parts& parts);

}  // namespace stravinsky
