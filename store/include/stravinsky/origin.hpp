#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "stravinsky/object_id.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// The operation that made a snapshot.
struct SnapshotOrigin {
  std::string event_type;  ///< such as `SNAPSHOT`, `UPDATE_START`, `MANUAL_ROLLBACK`
  std::uint64_t sequence = 0;
};

/// What the audit chain says of where snapshots came from, by their commits. One of which it says
/// nothing is left out; of all of them in a clone without the chain.
/// @throws Error Corrupt: the chain cannot be read as far as that
std::map<ObjectId, SnapshotOrigin> find_origins(const Store& store,
                                                std::span<const Snapshot> snapshots);

}  // namespace stravinsky
