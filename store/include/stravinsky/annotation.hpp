#pragma once

#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

// One word means a snapshot in each profile that is active: what is said of all of them at once is
// one audited operation, which happens to all or to none.

/// `annotate` of several snapshots, of one or of several profiles. A snapshot named twice counts
/// once. @returns them as they are now @throws Error Conflict, Locked, Invalid, …: none was changed
std::vector<Snapshot> annotate(Store& store, const std::vector<Snapshot>& snapshots,
                               const Annotation& annotation);
/// `rename` of snapshots of different profiles to the same name.
/// @returns them as they are now @throws Error Exists, Conflict, Locked, …: none was renamed
std::vector<Snapshot> rename(Store& store, const std::vector<Snapshot>& snapshots,
                             const std::string& new_name);
/// `mark_good` of snapshots of different profiles. @throws Error Conflict, Locked, …: none is
void mark_good(Store& store, const std::vector<Snapshot>& snapshots);

}  // namespace stravinsky
