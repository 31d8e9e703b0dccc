#pragma once

#include <vector>

#include "restore/open_operation.hpp"
#include "restore/restore_log.hpp"
#include "restore/switch_plan.hpp"
#include "snapshots/compare.hpp"
#include "stravinsky/progress.hpp"

namespace stravinsky {

/// One profile of an operation while it is prepared.
struct StagedProfile {
  const InPlaceTarget* wanted = nullptr;
  SwitchPlan plan;
  StoredDirectory target;
  std::optional<ComparedTree> live;
};

/// Decides for each planned entry which stage it goes through, and where the stages lie: beside the
/// root, or, where that is not possible, in the root, one for each filesystem. Nothing is made yet.
/// Fills `journal.stages` and, for each entry, everything but its inodes.
/// @throws Error Denied: no stage can be made where an entry needs one
void place_stages(OpenOperation& operation, const std::vector<StagedProfile>& profiles);

/// Makes what the entries need in the stages and notes its inodes. What cannot be made because the
/// store is damaged leaves the operation, and is logged.
/// @param logs  one for each profile
/// @throws Error NoSpace, Cancelled, Io
void fill_stages(OpenOperation& operation, std::vector<StagedProfile>& profiles, const Store& store,
                 const InPlaceOptions& options, std::vector<RestoreLog>& logs, Progress& progress);

}  // namespace stravinsky
