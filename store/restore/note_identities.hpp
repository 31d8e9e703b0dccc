#pragma once

#include <optional>
#include <vector>

#include "restore/fill_stage.hpp"
#include "restore/open_operation.hpp"
#include "restore/seen_entries.hpp"

namespace stravinsky {

/// Fills in what was live when it was captured: the switch compares with that, not with what it
/// finds. Directories that are to change join the journal.
/// @param seen  of each profile; empty: nothing of it was live
/// @throws Error Changed: something that is to be replaced was not captured, or another directory
///               stands in the place of one
void note_identities(OpenOperation& operation, const std::vector<StagedProfile>& profiles,
                     std::vector<std::optional<SeenEntries>>& seen);

}  // namespace stravinsky
