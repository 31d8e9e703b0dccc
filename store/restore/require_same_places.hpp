#pragma once

#include <vector>

#include "restore/live_roots.hpp"
#include "snapshots/manifest.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// Each root that is there must lead where it led when the snapshot was taken: what another
/// directory holds was never meant, and would go. A profile that names another path now was given
/// that on purpose.
/// @param recorded  the snapshot's. @throws Error Changed
void require_same_places(const LiveRoots& live, const std::vector<RecordedRoot>& recorded,
                         const Snapshot& snapshot);

/// The profile, its one root standing where it stands in a snapshot: a root that is a directory now
/// and was a file then, or the reverse, can only be compared so. One that is another path's is
/// left as it is.
Profile lay_out_as(Profile profile, const std::vector<RecordedRoot>& recorded);

}  // namespace stravinsky
