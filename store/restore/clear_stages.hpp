#pragma once

#include <vector>

#include "restore/displaced.hpp"

namespace stravinsky {

// What lies in a stage and may go is renamed there to `gone.<entry>.<0 or 1>` first (1: it was
// `old/<n>`), so that after a crash nobody takes the half of a directory for an edit.

/// Removes what is known and then the stages. @returns what stays, and where it is
std::vector<RestoreIssue> clear_stages(OpenOperation& operation, const SideTrees& sides,
                                       const std::vector<Displaced>& displaced);

/// What an earlier removal had to leave. @returns live paths, with the reason and the place
std::vector<RestoreIssue> list_gone(OpenOperation& operation);

/// Removes the stages with all they hold: nothing in them was ever live.
void remove_stages(OpenOperation& operation);

}  // namespace stravinsky
