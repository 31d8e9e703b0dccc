#pragma once

#include "restore/live_roots.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// Each root that is there must lead where it led when the snapshot was taken: what another
/// directory holds was never meant, and would go. A profile that names another path now was given
/// that on purpose.
/// @throws Error Changed; Corrupt: the snapshot's manifest
void require_same_places(const LiveRoots& live, const Store& store, const Snapshot& snapshot);

}  // namespace stravinsky
