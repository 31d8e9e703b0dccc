#pragma once

#include <vector>

#include "restore/apply_attributes.hpp"
#include "restore/open_operation.hpp"
#include "restore/side_trees.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// Gives every directory that is to get them the attributes of the target.
/// @returns what could not be set
std::vector<RestoreIssue> finish_directories(OpenOperation& operation, const SideTrees& sides);

/// Gives every directory that was there before the attributes it had. @returns what could not be
/// set
std::vector<RestoreIssue> put_back_directories(OpenOperation& operation, const SideTrees& sides);

enum class Sealing { Set, Clear };
/// Makes the entries that came immutable or append-only, as the target has them, or takes that from
/// those that are in the live tree. @returns what could not be set
std::vector<RestoreIssue> seal_entries(OpenOperation& operation, const SideTrees& sides,
                                       Sealing sealing);

}  // namespace stravinsky
