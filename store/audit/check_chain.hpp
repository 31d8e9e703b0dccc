#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/chain.hpp"
#include "signing/verify.hpp"

namespace stravinsky {

/// Something that does not hold about the chain.
struct ChainProblem {
  std::uint64_t sequence = 0;  ///< of the event that says otherwise; 0: of no single event
  /// `unreadable` `form` `signature` `untrusted` `actor` `link` `sequence` `refs` `ref`
  /// `revoked`
  std::string kind;
  std::string detail;
  std::string ref;  ///< the ref that stands elsewhere, for the kind `ref`
};

/// An event that somebody saw earlier and wrote down elsewhere.
struct SeenEvent {
  std::uint64_t sequence = 0;
  ObjectId commit;
};

struct ChainCheck {
  std::uint64_t events = 0;
  std::vector<ChainProblem> problems;
  std::vector<std::string> warnings;  ///< such as clocks that ran backwards
  ObjectId first;                     ///< the first event; zero when it could not be reached
  std::uint64_t last_sequence = 0;    ///< of the newest event that could be read
  RefMap refs;                        ///< as the chain says they are
  /// By ref: the event that moved it last, as far as it could be followed.
  std::map<std::string, std::uint64_t, std::less<>> moved_by;
  std::uint64_t unhashed = 0;  ///< events that moved refs and whose Refs-SHA256 was not recomputed
  std::vector<signing::AllowedSigner> signers;  ///< everybody that a believed event has listed
  /// For each of `seen`, the commit that the chain has under that number; empty: none.
  std::vector<std::optional<ObjectId>> found;
};

/// Reads the chain from its head to its first event and checks each: the signature, by a key that
/// the event before it trusted (the first one vouches for itself), for the actor it names; its
/// form; sequence and Previous-SHA256; the refs as replayed against Refs-SHA256 and refs.txt; and
/// at the end against the refs that there are.
///
/// With more than a thousand refs, Refs-SHA256 is recomputed for every thousandth event and the
/// newest thousand, and held against the event before where nothing was moved: hashing every list
/// anew would cost the square of the chain's length, and proves nothing that the signed moves do
/// not. The others are counted.
///
/// It cannot see a chain that was cut short as a whole, with its refs: that takes a checkpoint.
/// @param real_refs  as found, covered_by_events
/// @param seen       to be looked up on the way
/// @param advance    events done since the last call; it may throw to end the check
/// @throws nothing that the chain's content could cause
ChainCheck check_chain(const ObjectDatabase& database, const ObjectId& head,
                       const RefMap& real_refs, const std::vector<SeenEvent>& seen = {},
                       const std::function<void(std::uint64_t)>& advance = {});

}  // namespace stravinsky
