#pragma once

#include <cstdint>
#include <optional>

#include "restore/fill_stage.hpp"

namespace stravinsky {

/// What came of bringing back one profile: what could not be set, and each entry that is not what
/// the target has, as the snapshot tells that was taken after the switch. What is there again and
/// yet in no snapshot, since they leave it out now, is a remark.
/// @param staged      its plan goes into the report
/// @param live_files  how many were live before, of all roots; nothing where not all was asked for
/// @param report      with its snapshots and losses; without `after` where nothing was switched
/// @throws Error where those snapshots cannot be read. Threads: one at a time for each store
InPlaceReport report_in_place(Store& store, LiveRoots& live, StagedProfile& staged, RestoreLog& log,
                              std::optional<std::uint64_t> live_files, InPlaceReport report);

}  // namespace stravinsky
