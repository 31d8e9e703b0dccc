// A command between two snapshots. What it ends with is what the program ends with; 125 to 127 are
// ours, as env(1) has them.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "app.hpp"
#include "child.hpp"
#include "commands/commands.hpp"
#include "in_place.hpp"
#include "lifecycle/run_hooks.hpp"
#include "parse.hpp"
#include "present/reports.hpp"
#include "present/run.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "signals.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/run_event.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

constexpr const char* kAutoRollbackEvent = "AUTO_ROLLBACK_SUCCESS";

struct Options {
  bool rollback_on_failure = false;
  std::vector<std::string> checks;
  double check_timeout = 60;
};

/// The snapshot that holds what is live: a new one, or the current one where nothing changed.
std::vector<CreateReport> capture(Session& session, Store& store,
                                  const std::vector<Profile>& profiles, SnapshotClass kind,
                                  const std::string& description, Progress& progress) {
  std::vector<CreateOptions> all;
  for (const Profile& profile : profiles) {
    CreateOptions& create = all.emplace_back();
    create.profile = profile;
    create.description = description;
    create.category = "run";
    create.snapshot_class = kind;
    create.skip_if_unchanged = true;
  }
  std::vector<CreateReport> reports = create_snapshots(store, all, progress);
  session.end_progress();
  for (const CreateReport& report : reports) {
    for (const std::string& warning : report.warnings) session.warn(warning);
    for (const Loss& loss : report.losses) {
      session.warn(fmt::format("not captured: {}: {}", shown(loss.path), shown(loss.reason)));
    }
    if (report.snapshot) {
      session.achieved(fmt::format("the snapshot {}/{} was made", report.snapshot->profile,
                                   shown(report.snapshot->name)));
    }
  }
  return reports;
}

Snapshot held_by(const CreateReport& report) {
  return report.snapshot ? *report.snapshot : report.current.value();
}

/// Health checks, each a line for the shell. @returns those that failed, and how
std::vector<std::string> failed_checks(const Options& options, Session& session) {
  std::vector<std::string> failures;
  for (const std::string& check : options.checks) {
    hooks::ProcessOptions process;
    process.words = {"/bin/sh", "-c", check, "sh"};
    process.environment = all_variables();
    process.timeout = std::chrono::milliseconds(std::llround(options.check_timeout * 1000));
    process.on_group = signals::group_forwarder();
    process.cancelled = [] { return signals::received() != 0; };
    const hooks::ProcessResult result = run_process(process);
    if (!result.succeeded() || session.globals.verbose > 0) {
      std::string output = result.output;
      while (!output.empty() && output.back() == '\n') output.pop_back();
      if (!output.empty()) session.talk(shown_text(output));
    }
    if (!result.succeeded()) {
      failures.push_back(fmt::format("check {}: {}", quoted(check), result.how_it_ended()));
    }
  }
  return failures;
}

/// The status of a failure before the command could begin.
Exit refuse(Session& session, Exit exit, const Error& error) {
  session.end_progress();
  show_failure(session.view(), exit, name_of(error.code()), error.what(), error.remedy());
  return exit;
}

void roll_back(Session& session, Store& store, RunReport& report) {
  std::string subject;
  for (const Snapshot& before : report.before) {
    if (!subject.empty()) subject += " ";
    subject += fmt::format("{}/{}", before.profile, before.name);
  }
  const Attempt attempt = begin_attempt(store, kAutoRollbackEvent, subject);
  try {
    std::vector<InPlaceTarget> targets;
    for (const Snapshot& before : report.before) {
      targets.push_back(in_place_target(session, store, before, {}));
    }
    InPlaceOptions in_place;
    in_place.surplus = Surplus::Remove;
    in_place.event_type = kAutoRollbackEvent;
    // Not stopped by the signal that ended the command: the rollback is what answers it.
    report.rolled_back = apply(store, targets, in_place);
    judge_in_place(session, report.rolled_back);
  } catch (const Error& error) {
    report.rollback_failure = error.what();
    try {
      record_failure(store, attempt, error.what());
    } catch (const Error& again) {
      session.warn(fmt::format("the audit chain does not know of this: {}", again.what()));
    }
  }
}

/// Roots that are there, by the paths that profiles name.
std::vector<std::string> live_roots(const std::vector<Profile>& profiles) {
  std::vector<std::string> paths;
  for (const Profile& profile : profiles) {
    for (const ProfileRoot& root : profile.roots) {
      if (is_there(root)) paths.push_back(root.path);
    }
  }
  return paths;
}

/// Not stopped by a signal either: what the command did before one ended it is worth knowing. Nor
/// is its status lost where this fails.
void capture_after(Session& session, Store& store, const std::vector<Profile>& profiles,
                   const std::string& description, RunReport& report) {
  try {
    bool unchanged = true;
    for (const CreateReport& one :
         capture(session, store, profiles, SnapshotClass::Named, description, no_progress())) {
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

/// What is live of a profile; empty: no snapshot holds it.
std::optional<Snapshot> live_after(const RunReport& report, const Snapshot& before) {
  const auto find = [&](const std::vector<Snapshot>& all) -> std::optional<Snapshot> {
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Snapshot& one) { return one.profile == before.profile; });
    return found == all.end() ? std::nullopt : std::optional(*found);
  };
  for (const InPlaceReport& one : report.rolled_back) {
    if (one.plan.snapshot.profile == before.profile) return one.after;
  }
  if (auto made = find(report.after)) return made;
  return report.is_captured ? std::optional(before) : std::nullopt;
}

/// The command has run: whatever this comes to, its status is the answer.
void record(Session& session, Store& store, const RunReport& report, const std::string& line,
            Timestamp started) {
  RunFacts facts;
  facts.command = line;
  facts.exit_status = report.status;
  facts.failures = report.failures;
  facts.is_rolled_back = !report.rolled_back.empty();
  facts.started = started;
  for (const Snapshot& before : report.before) {
    facts.sides.push_back({before, live_after(report, before)});
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
  session.attempt(store, kRunEvent, line);
  for (const CreateReport& one : capture(session, store, profiles, SnapshotClass::Safety,
                                         "Before: " + line, session.progress("reading"))) {
    report.before.push_back(held_by(one));
  }
  const std::vector<std::string> roots = live_roots(profiles);
  session.out().flush();
  try {
    Child child = Child::start_attached(
        session.dashed, {fmt::format("STRAVINSKY_BEFORE={}", report.before.front().name)});
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
  if (report.status == 0) {
    const std::vector<std::string> left = live_roots(profiles);
    for (const std::string& root : roots) {
      if (std::find(left.begin(), left.end(), root) != left.end()) continue;
      report.failures.push_back(fmt::format("{} is gone", quoted(root)));
    }
    for (std::string& failure : failed_checks(options, session)) {
      report.failures.push_back(std::move(failure));
    }
  }

  const bool failed = report.status != 0 || !report.failures.empty();
  if (failed && options.rollback_on_failure) {
    roll_back(session, store, report);
    run_reload_actions(session, profiles, "run", changed_by(report.rolled_back));
  } else if (!live_roots(profiles).empty()) {
    capture_after(session, store, profiles, "After: " + line, report);
  }
  record(session, store, report, line, started);
  if (report.status != 0) return Exit{report.status};
  return report.failures.empty() ? Exit::Done : Exit::RunFailed;
}

void require_any_live(const std::vector<Profile>& profiles) {
  const bool any = std::any_of(profiles.begin(), profiles.end(),
                               [](const Profile& one) { return !why_nothing_live(one); });
  if (!any) require_live(profiles.front());
}

Exit run(const Options& options, Session& session) {
  if (session.dashed.empty()) {
    throw Error(Errc::Invalid, "cannot run a command", "there is none after '--'",
                "write it after two dashes: stravinsky run -- make install");
  }
  RunReport report;
  try {
    if (!session.has_store()) require_any_live(active_profiles(session, nullptr));
    Store store = session.open_or_make_store();
    const std::vector<Profile> active = active_profiles(session, &store);
    require_any_live(active);
    std::vector<Profile> profiles;
    std::copy_if(active.begin(), active.end(), std::back_inserter(profiles),
                 [](const Profile& one) { return !why_nothing_live(one); });
    for (const Profile& one : active) {
      if (const auto why = why_nothing_live(one)) {
        session.warn(fmt::format("profile '{}' is left out, before and after: {}", one.name, *why));
      }
    }
    const Exit exit = around(options, session, store, profiles, report);
    if (!report.has_run) return exit;
    show_run(session.view(), report, exit);
    session.finish_writing(store, 0);
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
