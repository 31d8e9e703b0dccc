#pragma once

#include <string>
#include <vector>

#include "stravinsky/in_place.hpp"
#include "update/health_checks.hpp"

namespace stravinsky::hooks {

/// What became of the second line behind an automatic rollback.
struct FallBack {
  std::vector<Snapshot> to;            ///< the last good ones, one a profile, where there are such
  std::vector<InPlaceReport> reports;  ///< empty: nothing live was changed
  std::string failure;                 ///< why they are not live and well; empty: they are
};

/// Brings back the last good snapshots, all of them or none, after what should have been live again
/// could not be brought back, or is not well: the event RECOVERY. What was live until then is
/// captured first, as ever. The profiles' own checks then have the last word.
///
/// @param given_up  what should have been live again, one a profile. Where each of them is the last
///                  good one there is nothing to fall back to
/// @param health    how to ask; of it only what the profiles always ask counts
/// @returns with `failure` what `apply` throws; never throws that itself
FallBack fall_back_to_last_good(Store& store, const std::vector<Profile>& profiles,
                                const std::vector<Snapshot>& given_up, HealthChecks health,
                                Progress& progress = no_progress());

/// What the profiles always ask, without what one change was given to ask.
std::vector<std::string> run_standing_checks(const std::vector<Profile>& profiles,
                                             HealthChecks health);

}  // namespace stravinsky::hooks
