#include "run_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "checking.hpp"
#include "in_place.hpp"
#include "nothing_live.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/text.hpp"
#include "update/fall_back.hpp"

namespace stravinsky::cli {
namespace {

constexpr const char* kAutoRollbackEvent = "AUTO_ROLLBACK_SUCCESS";

bool is_live(const Profile& profile) { return !why_nothing_live(profile); }

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// The snapshot that holds what is live: a new one, or the current one where nothing changed.
Snapshot held_by(const CreateReport& report) {
  return report.snapshot ? *report.snapshot : report.current.value();
}

}  // namespace

RunGuard::RunGuard(Session& session, Store& store, std::vector<Profile> profiles, std::string line)
    : session_(session),
      store_(store),
      profiles_(std::move(profiles)),
      line_(std::move(line)),
      roots_before_(live_roots(profiles_)) {
  std::partition_copy(profiles_.begin(), profiles_.end(), std::back_inserter(live_before_),
                      std::back_inserter(absent_before_), is_live);
}

std::vector<Profile> RunGuard::live_profiles() const {
  std::vector<Profile> live;
  std::copy_if(profiles_.begin(), profiles_.end(), std::back_inserter(live), is_live);
  return live;
}

CreateOptions RunGuard::options_for(const Profile& profile, SnapshotClass kind,
                                    const std::string& when) const {
  CreateOptions create;
  create.profile = profile;
  create.description = fmt::format("{}: {}", when, line_);
  create.category = "run";
  create.snapshot_class = kind;
  create.skip_if_unchanged = true;
  return create;
}

std::vector<CreateReport> RunGuard::capture(const std::vector<CreateOptions>& options,
                                            RunReport& report, Progress& progress) {
  std::vector<CreateReport> reports = create_snapshots(store_, options, progress);
  session_.end_progress();
  for (const CreateReport& one : reports) {
    report.bytes_added += one.bytes_added;
    for (const std::string& warning : one.warnings) session_.warn(warning);
    for (const Loss& loss : one.losses) {
      session_.warn(fmt::format("not captured: {}: {}", shown(loss.path), shown(loss.reason)));
    }
    if (one.snapshot) {
      session_.achieved(fmt::format("the snapshot {}/{} was made", one.snapshot->profile,
                                    shown(one.snapshot->name)));
    }
  }
  return reports;
}

void RunGuard::capture_before(RunReport& report, bool rolls_back) {
  std::vector<CreateOptions> options;
  for (const Profile& profile : live_before_) {
    options.push_back(options_for(profile, SnapshotClass::Safety, "Before"));
  }
  if (options.empty()) return;
  for (const CreateReport& one : capture(options, report, session_.progress("reading"))) {
    report.before.push_back(held_by(one));
    const bool needs_all = rolls_back && session_.config().safety.fail_safe_on_backup_error;
    for (const Loss& loss : one.losses) {
      if (!needs_all || loss.kind == Loss::Kind::Vanished) continue;
      throw Error(
          Errc::Denied, "cannot run the command",
          fmt::format("{} cannot be read, and so not brought back: {}", quoted(loss.path),
                      loss.reason),
          "let it be read, leave it out of the profile, or take --rollback-on-failure away");
    }
  }
}

std::vector<std::string> RunGuard::lost_roots() const {
  const std::vector<std::string> left = live_roots(profiles_);
  std::vector<std::string> lost;
  std::copy_if(roots_before_.begin(), roots_before_.end(), std::back_inserter(lost),
               [&](const std::string& root) { return !contains(left, root); });
  return lost;
}

void RunGuard::capture_after(RunReport& report) {
  std::vector<CreateOptions> options;
  for (const Profile& profile : live_profiles()) {
    options.push_back(options_for(profile, SnapshotClass::Named, "After"));
  }
  if (options.empty()) return;
  try {
    bool unchanged = true;
    // Not stopped by a signal: what the command did before one ended it is worth knowing.
    for (const CreateReport& one : capture(options, report, no_progress())) {
      unchanged = unchanged && one.unchanged;
      if (one.snapshot) report.after.push_back(*one.snapshot);
    }
    report.unchanged = unchanged;
    report.is_captured = true;
  } catch (const Error& error) {
    report.failures.push_back(
        fmt::format("what the command left is in no snapshot: {}", error.what()));
  }
}

std::vector<Snapshot> RunGuard::capture_nothing(RunReport& report) {
  std::vector<CreateOptions> options;
  for (const Profile& profile : absent_before_) {
    auto create = of_nothing(options_for(profile, SnapshotClass::Safety, "Nothing before"));
    if (create) options.push_back(*std::move(create));
  }
  std::vector<Snapshot> nothing;
  if (options.empty()) return nothing;
  for (const CreateReport& one : capture(options, report, no_progress())) {
    nothing.push_back(held_by(one));
    report.taken_away.push_back(nothing.back().profile);
  }
  return nothing;
}

void RunGuard::roll_back(RunReport& report) {
  std::string subject;
  std::vector<std::string> names;
  for (const Profile& profile : live_profiles()) names.push_back(profile.name);
  for (const Snapshot& before : report.before) {
    if (!subject.empty()) subject += " ";
    subject += fmt::format("{}/{}", before.profile, before.name);
    if (!contains(names, before.profile)) names.push_back(before.profile);
  }
  const Attempt attempt = begin_attempt(store_, kAutoRollbackEvent, subject, names);
  try {
    std::vector<InPlaceTarget> targets;
    for (const Snapshot& before : report.before) {
      targets.push_back(in_place_target(session_, store_, before, {}));
    }
    try {
      for (const Snapshot& nothing : capture_nothing(report)) {
        targets.push_back(in_place_target(session_, store_, nothing, {}));
      }
    } catch (const Error& error) {
      if (targets.empty()) throw;
      // All else comes back whatever the chain says.
      report.left.push_back(
          fmt::format("what was made where nothing was live stays: {}", error.what()));
    }
    if (!targets.empty()) {
      InPlaceOptions in_place;
      in_place.surplus = Surplus::Remove;
      in_place.event_type = kAutoRollbackEvent;
      // Not stopped by the signal that ended the command: the rollback is what answers it.
      report.rolled_back = apply(store_, targets, in_place);
      judge_in_place(session_, report.rolled_back);
    }
    remove_new_roots(report);
  } catch (const Error& error) {
    report.rollback_failure = error.what();
    try {
      record_failure(store_, attempt, error.what());
    } catch (const Error& again) {
      session_.warn(fmt::format("the audit chain does not know of this: {}", again.what()));
    }
  }
  if (session_.config().recovery.falls_back_to_last_good) fall_back(report);
  for (const InPlaceReport& one : report.rolled_back) report.bytes_added += one.bytes_added;
}

/// A root that was not there is not left as an empty directory.
void RunGuard::remove_new_roots(RunReport& report) const {
  std::vector<std::string> roots = live_roots(profiles_);
  std::erase_if(roots, [&](const std::string& root) { return contains(roots_before_, root); });
  for (std::string& one : remove_emptied(roots)) report.left.push_back(std::move(one));
}

void RunGuard::fall_back(RunReport& report) {
  if (report.before.empty()) return;
  std::vector<Profile> profiles;
  for (const Snapshot& before : report.before) {
    profiles.push_back(profile_of(session_, store_, before.profile));
  }
  hooks::HealthChecks health = health_checks(session_);
  health.cancelled = {};
  if (report.rollback_failure.empty()) {
    const auto failures = run_standing_checks(profiles, health);
    if (failures.empty()) return;
    for (const std::string& failure : failures) {
      report.left.push_back(fmt::format("what was live before is not well: {}", failure));
    }
  }
  report.fall_back = fall_back_to_last_good(store_, profiles, report.before, std::move(health));
  for (const InPlaceReport& one : report.fall_back->reports) {
    report.bytes_added += one.bytes_added;
  }
}

}  // namespace stravinsky::cli
