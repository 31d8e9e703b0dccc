#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/chain.hpp"

namespace stravinsky {

/// Something that does not hold about the chain.
struct ChainProblem {
  std::uint64_t sequence = 0;  ///< of the event; 0: of no single event
  /// `unreadable` `signature` `untrusted` `actor` `link` `sequence` `refs` `ref`
  std::string kind;
  std::string detail;
};

struct ChainCheck {
  std::uint64_t events = 0;
  std::vector<ChainProblem> problems;
  std::vector<std::string> warnings;  ///< such as clocks that ran backwards
};

/// Reads the chain from its head to its first event and checks each: the signature, by a key that
/// the event before it trusted (the first one vouches for itself), for the actor it names; sequence
/// and Previous-SHA256; the refs as replayed against Refs-SHA256 and refs.txt; and at the end
/// against the refs that there are.
///
/// It cannot see a chain that was cut short as a whole, with its refs: that takes a checkpoint.
/// @param real_refs  as found, covered_by_events
/// @throws nothing that the chain's content could cause
ChainCheck check_chain(const ObjectDatabase& database, const ObjectId& head,
                       const RefMap& real_refs);

}  // namespace stravinsky
