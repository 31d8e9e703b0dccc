// A command between two snapshots. What it ends with is what the program ends with; 125 to 127 are
// ours, as env(1) has them.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>

#include "app.hpp"
#include "checking.hpp"
#include "child.hpp"
#include "commands/commands.hpp"
#include "confirm.hpp"
#include "in_place.hpp"
#include "lifecycle.hpp"
#include "parse.hpp"
#include "present/reports.hpp"
#include "present/run.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "run_guard.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/run_event.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  bool rollback_on_failure = false;
  std::vector<std::string> checks;
  double check_timeout = 60;
};

/// The status of a failure before the command could begin.
Exit refuse(Session& session, Exit exit, const Error& error) {
  session.end_progress();
  show_failure(session.view(), exit, name_of(error.code()), error.what(), error.remedy());
  return exit;
}

/// What all was to be well by, once the command has ended well.
std::vector<std::string> complaints(const Options& options, Session& session,
                                    const RunGuard& guard) {
  std::vector<std::string> failures;
  for (const std::string& root : guard.lost_roots()) {
    failures.push_back(fmt::format("{} is gone", quoted(root)));
  }
  hooks::HealthChecks health = health_checks(session);
  health.profiles = guard.live_profiles();
  health.commands = options.checks;
  health.timeout = std::chrono::milliseconds(std::llround(options.check_timeout * 1000));
  for (std::string& failure : run_health_checks(health)) failures.push_back(std::move(failure));
  return failures;
}

const Snapshot* find_of(const std::vector<Snapshot>& all, const std::string& profile) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Snapshot& one) { return one.profile == profile; });
  return found == all.end() ? nullptr : &*found;
}

RunFacts::Side side_of(const RunReport& report, const std::string& profile) {
  RunFacts::Side side{profile, {}, {}};
  if (const Snapshot* before = find_of(report.before, profile)) side.before = *before;
  if (report.is_captured) side.after = side.before;
  if (const Snapshot* made = find_of(report.after, profile)) side.after = *made;
  for (const InPlaceReport& one : report.rolled_back) {
    if (one.plan.snapshot.profile == profile) side.after = one.after;
  }
  return side;
}

/// The command has run: whatever this comes to, its status is the answer.
void record(Session& session, Store& store, const std::vector<Profile>& profiles,
            const RunReport& report, const std::string& line, Timestamp started) {
  RunFacts facts;
  facts.command = line;
  facts.exit_status = report.status;
  facts.failures = report.failures;
  facts.is_rolled_back = !report.rolled_back.empty();
  facts.started = started;
  for (const Profile& profile : profiles) {
    RunFacts::Side side = side_of(report, profile.name);
    if (side.before || side.after) facts.sides.push_back(std::move(side));
  }
  session.end_attempt();
  try {
    record_run(store, facts);
  } catch (const Error& error) {
    session.warn(fmt::format("the audit chain does not know of this: {}", error.what()));
  }
}

/// Everything but the command itself.
Exit around(const Options& options, Session& session, Store& store,
            const std::vector<Profile>& profiles, RunReport& report) {
  const std::string line = command_line(session.dashed);
  const Timestamp started = session.now();
  std::vector<std::string> names;
  for (const Profile& profile : profiles) names.push_back(profile.name);
  session.attempt(store, kRunEvent, line, names);
  RunGuard guard(session, store, profiles, line);
  guard.capture_before(report, options.rollback_on_failure);
  session.out().flush();
  try {
    std::vector<std::string> variables;
    if (!report.before.empty()) {
      variables.push_back(fmt::format("STRAVINSKY_BEFORE={}", report.before.front().name));
    }
    Child child = Child::start_attached(session.dashed, variables);
    report.has_run = true;
    report.status = child.wait_status();
  } catch (const Error& error) {
    const Exit exit = error.code() == Errc::NotFound ? Exit::NoCommand
                      : error.code() == Errc::Denied ? Exit::NotRunnable
                                                     : Exit::RunFailed;
    session.record_failure(error);
    return refuse(
        session, exit,
        with_remedy(error, exit == Exit::NoCommand ? "check its name, and PATH"
                                                   : "check its mode and what it is: ls -l FILE"));
  }
  if (report.status == 0) report.failures = complaints(options, session, guard);
  const bool failed = report.status != 0 || !report.failures.empty();
  if (failed && options.rollback_on_failure) {
    guard.roll_back(report);
    std::vector<InPlaceReport> changed = report.rolled_back;
    if (report.fall_back) {
      changed.insert(changed.end(), report.fall_back->reports.begin(),
                     report.fall_back->reports.end());
    }
    run_reload_actions(session, profiles, "run", changed_by(changed));
  } else {
    guard.capture_after(report);
  }
  record(session, store, profiles, report, line, started);
  if (report.status != 0) return Exit{report.status};
  return report.failures.empty() ? Exit::Done : Exit::RunFailed;
}

/// Those that live somewhere, be anything there yet or not: the command may make it.
/// @throws Error NotFound: none of them does
std::vector<Profile> profiles_with_roots(Session& session, const Store* store) {
  const std::vector<Profile> active = active_profiles(session, store);
  std::vector<Profile> profiles;
  std::copy_if(active.begin(), active.end(), std::back_inserter(profiles),
               [](const Profile& one) { return !one.roots.empty(); });
  if (profiles.empty()) require_live(active.front());
  return profiles;
}

Exit run(const Options& options, Session& session) {
  if (session.dashed.empty()) {
    throw Error(Errc::Invalid, "cannot run a command", "there is none after '--'",
                "write it after two dashes: stravinsky run -- make install");
  }
  const bool may_go_on = !options.rollback_on_failure ||
                         is_confirmed(session, "Live files will be brought back if it fails.",
                                      kRunEvent, command_line(session.dashed), Exit::RunFailed);
  if (!may_go_on) return Exit::RunFailed;
  RunReport report;
  try {
    if (!session.has_store()) profiles_with_roots(session, nullptr);
    Store store = session.open_or_make_store();
    const std::vector<Profile> profiles = profiles_with_roots(session, &store);
    for (const Profile& one : profiles) {
      const auto why = why_nothing_live(one);
      if (why) session.talk(fmt::format("of profile '{}' nothing is live yet: {}", one.name, *why));
    }
    const Exit exit = around(options, session, store, profiles, report);
    if (!report.has_run) return exit;
    show_run(session.view(), report, exit);
    session.finish_writing(store, report.bytes_added);
    return exit;
  } catch (const Error& error) {
    if (error.code() == Errc::Cancelled) throw;  // before the command began
    session.record_failure(error);
    return refuse(session, Exit::RunFailed, error);
  }
}

}  // namespace

void add_run(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd =
      app.add_subcommand("run", "Run a command between two snapshots: run [OPTIONS] -- CMD…");
  cmd->add_flag("--rollback-on-failure", options->rollback_on_failure,
                "bring back what was live when the command or a check fails");
  add_repeatable(cmd, "--check", options->checks,
                 "a line for the shell that tells whether all is well; repeatable")
      ->type_name("CMD");
  cmd->add_option("--check-timeout", options->check_timeout, "for each check; default: 60")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86400.0));
  add_reload_option(cmd, session);
  cmd->footer(
      "The exit status is that of the command; 125 to 127 are our own, as with env(1): 125 also\n"
      "when the command was fine and a check failed. Signals are passed on to the command.\n\n" +
      help_footer(
          "stravinsky run --rollback-on-failure --check 'claude doctor' -- npm install -g x",
          {Exit::RunFailed, Exit::NotRunnable, Exit::NoCommand}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
