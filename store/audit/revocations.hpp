#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/chain.hpp"
#include "signing/key.hpp"

namespace stravinsky {

/// The newest event up to `head` that revokes the key of this fingerprint; empty: none does.
/// @throws Error Corrupt, NotFound
std::optional<std::uint64_t> find_revocation(const ObjectDatabase& database, const ObjectId& head,
                                             const std::string& fingerprint);

/// What newer events revoke of an event, as `check_chain` judges it: its key from a number on, but
/// not the event that brought the key which revoked it, which vouches for that one.
///
/// Only the events above the one that is asked for are read, each once: so asking is cheap for the
/// newest events and for whoever asks in falling order.
class Revocations {
 public:
  Revocations(const ObjectDatabase& database, const ObjectId& head)
      : database_(database), walk_(database, head) {}

  /// Whether the event `link`, signed with `key`, counts for nothing.
  /// @throws Error Corrupt, NotFound: an event above cannot be read
  bool is_revoked(const signing::PublicKey& key, const ChainLink& link);

 private:
  struct Revocation {
    std::string key;               ///< by its fingerprint
    std::uint64_t from, sequence;  ///< counts for events from `from` to below `sequence`
    std::string by;                ///< the key that signed it
    std::uint64_t brought = 0;     ///< the event that brought `by`; 0: not met yet
  };

  void read_down_to(std::uint64_t sequence);
  void note(const ObjectId& id);

  const ObjectDatabase& database_;
  ChainWalk walk_;
  std::uint64_t reached_ = UINT64_MAX;  ///< the oldest event read
  std::vector<Revocation> revoked_;
};

}  // namespace stravinsky
