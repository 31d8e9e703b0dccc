// An update from its first look at the live tree to its last event. What a crash leaves: up to the
// switch a staged release and at most a safety snapshot; from UPDATE_START on as the store says
// (stravinsky/update.hpp). The staging directory is removed by whoever updates next.
#include "update/run_update.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "stravinsky/error.hpp"
#include "stravinsky/recovery.hpp"
#include "update/backup.hpp"
#include "update/candidate_tree.hpp"
#include "update/made_roots.hpp"
#include "update/merge_base.hpp"
#include "update/staging.hpp"
#include "update/verify_update.hpp"

namespace stravinsky::hooks {
namespace {

using Steady = std::chrono::steady_clock;

const std::vector<std::string> kSystemChecks = {"disk_space", "file_permissions", "file_locks",
                                                "backup_capacity", "previous_backup"};
const std::vector<std::string> kFileChecks = {"hooks_syntax", "commands_validity",
                                              "settings_schema"};

/// Stops what it is given when a time has passed.
class Timed final : public Progress {
 public:
  Timed(std::chrono::seconds limit, std::function<Steady::time_point()> clock)
      : clock_(clock ? std::move(clock) : Steady::now), end_(clock_() + limit) {}
  bool cancelled() override { return clock_() >= end_; }

 private:
  std::function<Steady::time_point()> clock_;
  Steady::time_point end_;
};

class Run {
 public:
  Run(Store& store, const UpdateRequest& request)
      : store_(store),
        request_(request),
        config_(request.checks.config),
        progress_(request.progress != nullptr ? *request.progress : no_progress()) {}

  UpdateReport run() {
    const auto started = Steady::now();
    if (!request_.dry_run) {
      update_.emplace(store_, request_.profile, request_.version);
      report_.id = update_->id();
    }
    staging_.emplace(request_.staging);  // nobody else updates the profile from here on
    try {
      if (prepare() && validate() && begin()) finish();
    } catch (const Error& error) {
      block_for(error);
      take_back_roots();
      throw;
    }
    if (leaves_nothing()) take_back_roots();
    report_.duration = Steady::now() - started;
    return std::move(report_);
  }

 private:
  void enter(UpdatePhase phase) {
    report_.phase = phase;
    if (request_.on_phase) request_.on_phase(phase);
  }

  /// Nothing of the release is live.
  bool leaves_nothing() const {
    using Outcome = UpdateReport::Outcome;
    return report_.outcome == Outcome::Unchanged || report_.outcome == Outcome::Conflict ||
           report_.outcome == Outcome::Blocked || report_.outcome == Outcome::RolledBack;
  }

  /// Whoever ends an operation that still waits needs the roots it is of.
  void take_back_roots() noexcept {
    try {
      if (list_interrupted(store_).empty()) made_roots_.take_back();
    } catch (const Error&) {
      // They are empty directories: the lesser evil.
    }
  }

  /// @returns whether to go on
  bool prepare() {
    enter(UpdatePhase::Prepare);
    release_ = staging_->fill(store_, request_);
    if (!request_.dry_run) made_roots_.make(request_.profile, *release_);
    if (config_.update.pre_update_checks_enabled) {
      append(report_.checks, run_system_checks());
      if (!request_.dry_run) set_apart_damaged();
      if (!report_.checks.success && !request_.dry_run) return block_early();
    }
    if (request_.dry_run) {
      look();
    } else if (!store_backup()) {
      return false;
    }
    plan();
    return !report_.plan.has_conflicts() || report_conflicts();
  }

  /// What is live is only looked at.
  void look() {
    report_.before = find_current(store_, request_.profile.name);
    live_ = read_live_files(store_, request_.profile, progress_);
  }

  /// A check has failed, so nothing will be stored; the checks of files are carried out all the
  /// same, that all there is to be said is said at once.
  bool block_early() {
    enter(UpdatePhase::Validate);
    try {
      look();
      plan();
      append(report_.checks, run_file_checks());
    } catch (const Error& error) {
      if (error.code() == Errc::Cancelled) throw;
      for (const std::string& name : kFileChecks) {
        report_.checks.failed_checks.push_back(fmt::format("{}: {}", name, error.what()));
      }
    }
    return block();
  }

  bool report_conflicts() {
    report_.outcome = UpdateReport::Outcome::Conflict;
    if (request_.dry_run) return false;
    std::vector<std::string> paths;
    for (const UpdateItem& item : report_.plan.items) {
      if (item.action == UpdateItem::Action::Conflict) paths.push_back(item.path);
    }
    update_->block(report_.before, "merge conflict", {{"conflicts", std::move(paths)}});
    return false;
  }

  ValidationReport run_system_checks() {
    std::vector<std::unique_ptr<CheckedTree>> trees;
    trees.push_back(read_checked_tree(store_, request_.profile, progress_));
    ChecksOptions options = request_.checks;
    options.only = kSystemChecks;
    return run_checks(store_, trees, options);
  }

  /// Of what would be live.
  ValidationReport run_file_checks() {
    std::vector<std::unique_ptr<CheckedTree>> trees;
    trees.push_back(make_candidate_tree(request_.profile, *live_, report_.plan.edits));
    ChecksOptions options = request_.checks;
    options.only = kFileChecks;
    return run_checks(store_, trees, options);
  }

  /// A backup that cannot be relied on is marked as such, and keeps nobody from going on.
  void set_apart_damaged() {
    for (const Snapshot& snapshot : report_.checks.damaged) {
      const std::string name = fmt::format("{}/{}", snapshot.profile, snapshot.name);
      try {
        quarantine(store_, snapshot, "the check previous_backup failed");
        report_.checks.warnings.push_back(fmt::format("{} is damaged and set apart", name));
      } catch (const Error& error) {
        report_.checks.warnings.push_back(
            fmt::format("{} is damaged and could not be set apart: {}", name, error.what()));
      }
    }
  }

  /// What is live becomes a snapshot. @returns whether to go on
  bool store_backup() {
    Backup backup = back_up(store_, request_, progress_);
    report_.backup_created = backup.is_new;
    report_.before = std::move(backup.snapshot);
    report_.bytes_added += backup.bytes_added;
    lost_ = std::move(backup.losses);
    live_ = read_stored_tree(store_, *report_.before);
    std::vector<std::string> lines;
    for (const Loss& loss : lost_) {
      lines.push_back(fmt::format("not captured: {}: {}", loss.path, loss.reason));
    }
    if (lost_.empty()) return true;
    if (!config_.safety.fail_safe_on_backup_error) {
      report_.remarks = std::move(lines);
      return true;
    }
    report_.failures = std::move(lines);
    report_.failure = FailureKind::PermissionDenied;
    report_.outcome = UpdateReport::Outcome::Blocked;
    update_->block(report_.before, "the backup is not complete",
                   {{"failed_checks", report_.failures}});
    return false;
  }

  void plan() {
    if (report_.before) report_.base = find_merge_base(store_, *report_.before);
    std::unique_ptr<FileTree> base;
    if (report_.base) base = read_stored_tree(store_, *report_.base);
    report_.plan =
        plan_update(request_.strategy, request_.profile, *release_, *live_, base.get(), lost_);
  }

  bool validate() {
    enter(UpdatePhase::Validate);
    if (config_.update.pre_update_checks_enabled) append(report_.checks, run_file_checks());
    if (request_.dry_run) {
      report_.outcome =
          report_.checks.success ? UpdateReport::Outcome::Planned : UpdateReport::Outcome::Blocked;
      report_.failure = kind_of_checks(report_.checks.failed_checks);
      return false;
    }
    if (!report_.checks.success) return block();
    const bool is_installed = report_.plan.edits.empty() && report_.base &&
                              report_.base->version == request_.version &&
                              report_.before->version == request_.version;
    if (is_installed) {
      report_.outcome = UpdateReport::Outcome::Unchanged;
      report_.after = report_.before;
    }
    return !is_installed;
  }

  bool block() {
    report_.outcome = UpdateReport::Outcome::Blocked;
    report_.failures = report_.checks.failed_checks;
    report_.failure = kind_of_checks(report_.checks.failed_checks);
    update_->block(report_.before,
                   fmt::format("failed: {}", fmt::join(report_.checks.failed_checks, ", ")),
                   {{"failed_checks", report_.checks.failed_checks}});
    return false;
  }

  /// What kept an update from beginning is an event, unless that cannot be written either.
  void block_for(const Error& error) noexcept {
    if (!update_ || begun_) return;
    try {
      update_->block(report_.before, error.what(), {});
    } catch (const std::exception&) {
      return;  // the error itself is told
    }
  }

  /// Writes down what is about to happen, and does it. @returns whether it is live
  bool begin() {
    if (progress_.cancelled()) {
      throw Error(Errc::Cancelled, "nothing was updated", "it was asked to stop");
    }
    enter(UpdatePhase::Switch);
    UpdateContent content;
    content.before = *report_.before;
    content.edits = report_.plan.edits;
    content.release = report_.plan.release;
    content.description = fmt::format("Update to {}", request_.version);
    content.source = request_.source;
    content.verify = is_verified(request_);
    content.roll_back = request_.auto_rollback;
    report_.after = update_->start(content);
    begun_ = true;
    report_.bytes_added += update_->bytes_added();
    report_.switched = update_->switch_over(progress_);
    report_.bytes_added += report_.switched->bytes_added;
    return true;
  }

  void finish() {
    enter(UpdatePhase::Verify);
    Verification found = verify_update(store_, request_, report_, *live_, lost_);
    report_.verified = std::move(found.checks);
    report_.interrupted = found.interrupted;
    if (found.failures.empty()) {
      enter(UpdatePhase::Commit);
      report_.marked_good = is_verified(request_);
      update_->succeed(report_.marked_good);
      report_.outcome = UpdateReport::Outcome::Done;
      return;
    }
    report_.failures = std::move(found.failures);
    report_.failure = found.failure;
    const std::string reason = fmt::format("{}", fmt::join(report_.failures, "; "));
    if (!report_.interrupted) update_->fail_verification(reason);
    give_up(reason);
  }

  void give_up(const std::string& reason) {
    if (!request_.auto_rollback) {
      update_->keep_failed(reason);
      report_.outcome = UpdateReport::Outcome::KeptFailed;
      return;
    }
    enter(UpdatePhase::AutoRollback);
    const std::chrono::seconds limit(config_.update.auto_rollback_timeout_seconds);
    bool recorded = true;
    try {
      Timed timed(limit, request_.clock);
      report_.rollback = update_->roll_back(reason, timed);
    } catch (const Error& error) {
      // The store cannot be written: the update stays unsettled, and the next command tries again.
      report_.rollback.emplace();
      report_.rollback->rolled_back_to = report_.before->name;
      report_.rollback->version = report_.before->version;
      report_.rollback->reason = error.what();
      recorded = false;
    }
    for (const InPlaceReport& one : report_.rollback->reports) {
      report_.bytes_added += one.bytes_added;
    }
    if (recorded && config_.recovery.falls_back_to_last_good) fall_back(limit);
    const bool is_well =
        report_.rollback->success || (report_.fall_back && report_.fall_back->failure.empty());
    report_.outcome =
        is_well ? UpdateReport::Outcome::RolledBack : UpdateReport::Outcome::RollbackFailed;
  }

  /// Where the rollback failed, or what it brought back does not pass what the profile always asks:
  /// `--check` was about the release.
  void fall_back(std::chrono::seconds limit) {
    HealthChecks health = request_.health;
    health.cancelled = {};  // a signal ended the update; this is what answers it
    if (report_.rollback->success) {
      const auto failures = run_standing_checks({request_.profile}, health);
      if (failures.empty()) return;
      report_.remarks.push_back(
          fmt::format("what was live before is not well: {}", fmt::join(failures, "; ")));
    }
    Timed timed(limit, request_.clock);
    report_.fall_back = fall_back_to_last_good(store_, {request_.profile}, {*report_.before},
                                               std::move(health), timed);
    for (const InPlaceReport& one : report_.fall_back->reports) {
      report_.bytes_added += one.bytes_added;
    }
  }

  Store& store_;
  const UpdateRequest& request_;
  const Config& config_;
  Progress& progress_;
  std::optional<Update> update_;
  std::optional<Staging> staging_;
  MadeRoots made_roots_;
  bool begun_ = false;
  std::unique_ptr<FileTree> release_, live_;
  std::vector<Loss> lost_;  ///< what the backup could not read, and nothing may touch
  UpdateReport report_;
};

}  // namespace

UpdateReport run_update(Store& store, const UpdateRequest& request) {
  return Run(store, request).run();
}

}  // namespace stravinsky::hooks
