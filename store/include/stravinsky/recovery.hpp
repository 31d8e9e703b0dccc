#pragma once

#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

inline constexpr const char* kRecoveryEvent = "RECOVERY";
inline constexpr const char* kEmergencyEvent = "EMERGENCY_RECOVERY_INITIATED";

/// Sets a damaged snapshot apart by one audited operation, CORRUPTED_BACKUP: lists show it so, and
/// it stays what it is. @param damage  what is wrong with it, for the event
/// @throws Error Conflict, Locked, NoSpace, Io
Snapshot quarantine(Store& store, const Snapshot& snapshot, const std::string& damage);

/// Says in the chain that it came to an emergency recovery of these profiles, before the search for
/// an intact snapshot begins. @throws Error as an operation
void record_emergency(Store& store, const std::vector<std::string>& profiles);

}  // namespace stravinsky
