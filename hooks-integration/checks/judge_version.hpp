#pragma once

#include <string>
#include <vector>

#include "checks/run_checks.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::hooks {

/// What the profile's validators find in one file of a snapshot, were it live among what is live
/// now.
///
/// @param profile  whose it is; its roots say where it would be live
/// @param path     from the top of the snapshot; anything but a regular file has no findings
/// @throws Error NotFound: the snapshot has no such path; Corrupt, Hostile, Cancelled
std::vector<Finding> judge_version(const Store& store, const Snapshot& snapshot,
                                   const Profile& profile, const std::string& path,
                                   const ChecksOptions& options);

}  // namespace stravinsky::hooks
