#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/chain.hpp"

namespace stravinsky {

/// Where the projections of the chain are, and how long they are kept.
struct ProjectionPlaces {
  std::string directory;  ///< holds `operations.log`, `audit.db` and `archive/`
  std::string seal;       ///< a file outside the store; empty: they are made anew each time
  std::uint64_t rotation_bytes = std::uint64_t{50} << 20;
  std::chrono::days rotation_age{90}, retention{730};  ///< of the log; of rotated logs
};

/// Brings `operations.log` and `audit.db` to the event `head`.
///
/// They are written and never believed: what they say about events is nowhere read back. The seal,
/// which lies outside the store, knows digest and file status of both as they were left; what was
/// touched since is read again and, where its content is not what it was, made anew from the chain.
/// May be cut short anywhere: what is unfinished does not fit the seal.
/// One process at a time: the caller holds a lock.
/// @returns what the user should hear of, a sentence each
/// @throws Error Corrupt, NotFound, Signature: the chain; Io, NoSpace, Denied
std::vector<std::string> update_projections(const ObjectDatabase& database, const ObjectId& head,
                                            const ProjectionPlaces& places, Timestamp now);

}  // namespace stravinsky
