#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/run_checks.hpp"
#include "stravinsky/update.hpp"
#include "update/failure.hpp"
#include "update/fall_back.hpp"
#include "update/health_checks.hpp"
#include "update/plan_update.hpp"

namespace stravinsky::hooks {

/// The phases of an update, in their order; one of the last two ends it.
enum class UpdatePhase : std::uint8_t { Prepare, Validate, Switch, Verify, Commit, AutoRollback };
std::string_view name_of(UpdatePhase phase) noexcept;  ///< `PREPARE`, …, `AUTO-ROLLBACK`

struct UpdateRequest {
  std::string version;
  std::string source;                ///< as it was named
  std::optional<Snapshot> snapshot;  ///< the source is this one of the store
  Profile profile;
  Strategy strategy = Strategy::Merge;
  bool dry_run = false;
  bool auto_rollback = true;
  ChecksOptions checks;  ///< `strict` and the settings among them
  /// What this update was given to ask; what the profile always asks is added.
  HealthChecks health;
  std::string staging;  ///< a directory of ours, not made yet, for the release
  /// Told as each phase begins.
  std::function<void(UpdatePhase)> on_phase = {};
  Progress* progress = nullptr;
  /// For the automatic rollback, asked from any thread; the system's when empty.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
};

struct UpdateReport {
  enum class Outcome : std::uint8_t {
    Planned,    ///< nothing was changed: only a plan was asked for
    Unchanged,  ///< it is what is live already
    Conflict,
    Blocked,  ///< a check failed before anything was changed
    Done,
    RolledBack,  ///< what was live is live again, or, after a fall back, the last good snapshot
    RollbackFailed,
    KeptFailed,  ///< it did not pass, and stays, as automatic rollback is off
  };
  Outcome outcome = Outcome::Planned;
  UpdatePhase phase = UpdatePhase::Prepare;  ///< the last one
  std::string id;                            ///< of the update, as its events have it
  UpdatePlan plan;
  std::optional<Snapshot> before, after;
  bool backup_created = false;
  std::optional<Snapshot> base;  ///< the release that was merged against
  ValidationReport checks;       ///< before; what the release brings among them
  ValidationReport verified;     ///< after
  std::vector<std::string> failures;
  FailureKind failure = FailureKind::Unknown;
  bool interrupted = false;  ///< by a signal
  std::optional<InPlaceReport> switched;
  std::optional<AutoRollback> rollback;
  /// What followed where the rollback failed, or what it brought back is not well, and the settings
  /// allow it.
  std::optional<FallBack> fall_back;
  bool marked_good = false;
  std::vector<std::string> remarks;
  std::uint64_t bytes_added = 0;
  std::chrono::nanoseconds duration{0};
};

/// Updates one profile in five phases. What each of them does and what a crash leaves is in
/// docs/updates.md and docs/format.md 16.
/// @throws Error for what is no verdict about the release: a source that cannot be read, a store
///               that fails, a live tree that changed underneath. Everything is as it was then, and
///               an event says so
UpdateReport run_update(Store& store, const UpdateRequest& request);

}  // namespace stravinsky::hooks
