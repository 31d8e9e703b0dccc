#pragma once

#include <optional>
#include <vector>

#include "restore/fill_stage.hpp"
#include "restore/seen_entries.hpp"

namespace stravinsky {

/// What all profiles of an operation bring to its staging, in the order of its journal.
struct Staging {
  std::vector<StagedProfile>& profiles;
  std::vector<std::optional<SeenEntries>>& seen;  ///< as note_identities
  const InPlaceOptions& options;
  std::vector<RestoreLog>& logs;
};

/// Makes everything that is to be switched, beside the live tree, and says in the journal that the
/// switch begins. What fails takes away again what it made.
/// @throws Error as place_stages, note_identities, fill_stages; Locked: no event could tell of the
/// switch. Nothing live is changed then
void stage_operation(Store& store, OpenOperation& operation, const Staging& staging,
                     Progress& progress);

/// What is known to be missing before anything is switched, by paths in the snapshot.
std::vector<RestoreIssue> staging_issues(const StagedProfile& profile, RestoreLog& log);

}  // namespace stravinsky
