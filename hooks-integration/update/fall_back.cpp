#include "update/fall_back.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "stravinsky/error.hpp"
#include "stravinsky/recovery.hpp"

namespace stravinsky::hooks {
namespace {

/// @throws Error NotFound: a profile has none
std::vector<Snapshot> find_last_good(const Store& store, const std::vector<Profile>& profiles) {
  std::vector<Snapshot> found;
  for (const Profile& profile : profiles) {
    found.push_back(resolve(store, "last-good", {profile.name}).snapshot);
  }
  return found;
}

bool are_same(const std::vector<Snapshot>& some, const std::vector<Snapshot>& others) {
  return std::all_of(some.begin(), some.end(), [&](const Snapshot& one) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Snapshot& other) { return other.commit == one.commit; });
  });
}

/// What keeps a report from saying that its snapshot is live; empty: nothing does.
std::string fault_of(const InPlaceReport& report, const Snapshot& wanted) {
  if (report.after && report.after->content == wanted.content) return {};
  std::string fault = fmt::format("{} is not what {} was", wanted.profile, wanted.name);
  for (const RestoreIssue& issue : report.issues) {
    fault += fmt::format("; {}: {}", issue.path, issue.reason);
  }
  return fault;
}

}  // namespace

std::vector<std::string> run_standing_checks(const std::vector<Profile>& profiles,
                                             HealthChecks health) {
  health.profiles = profiles;
  health.commands.clear();
  return run_health_checks(health);
}

FallBack fall_back_to_last_good(Store& store, const std::vector<Profile>& profiles,
                                const std::vector<Snapshot>& given_up, HealthChecks health,
                                Progress& progress) {
  FallBack result;
  try {
    result.to = find_last_good(store, profiles);
    if (are_same(result.to, given_up)) {
      result.failure = "the last good snapshot is the one that was to come back";
      return result;
    }
    std::vector<InPlaceTarget> targets;
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      InPlaceTarget& target = targets.emplace_back();
      target.snapshot = result.to[i];
      target.profile = profiles[i];
    }
    InPlaceOptions options;
    options.surplus = Surplus::Remove;
    options.event_type = kRecoveryEvent;
    result.reports = apply(store, targets, options, progress);
  } catch (const Error& error) {
    result.failure = error.what();
    return result;
  }
  for (std::size_t i = 0; i < profiles.size() && result.failure.empty(); ++i) {
    result.failure = fault_of(result.reports[i], result.to[i]);
  }
  if (result.failure.empty()) {
    result.failure =
        fmt::format("{}", fmt::join(run_standing_checks(profiles, std::move(health)), "; "));
  }
  return result;
}

}  // namespace stravinsky::hooks
