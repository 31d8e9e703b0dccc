#pragma once

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

inline constexpr const char* kRecoveryEvent = "RECOVERY";

/// Sets a damaged snapshot apart, or takes that back, by one audited operation (QUARANTINE): lists
/// show it so, and it stays what it is. @throws Error Conflict, Locked, NoSpace, Io
Snapshot quarantine(Store& store, const Snapshot& snapshot, bool quarantined);

}  // namespace stravinsky
