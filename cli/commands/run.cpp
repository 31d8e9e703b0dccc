// A command between two snapshots. What it ends with is what the program ends with; 125 to 127 are
// ours, as env(1) has them.
#include <fmt/format.h>
#include <fmt/ranges.h>
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
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

constexpr const char* kAutoRollbackEvent = "AUTO_ROLLBACK_SUCCESS";

struct Options {
  bool rollback_on_failure = false;
  std::vector<std::string> checks;
  double check_timeout = 60;
};

std::string command_line(const std::vector<std::string>& words) {
  std::vector<std::string> quoted_words;
  for (const std::string& word : words) quoted_words.push_back(shell_word(word));
  return fmt::format("{}", fmt::join(quoted_words, " "));
}

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
    process.on_group = [](pid_t group) { signals::forward_to(-group); };
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

std::vector<InPlaceReport> roll_back(Session& session, Store& store, const RunReport& report) {
  std::vector<InPlaceTarget> targets;
  for (const Snapshot& before : report.before) {
    targets.push_back(in_place_target(session, store, before, {}));
  }
  InPlaceOptions in_place;
  in_place.surplus = Surplus::Remove;
  in_place.event_type = kAutoRollbackEvent;
  // Not stopped by the signal that ended the command: the rollback is what answers it.
  return apply(store, targets, in_place);
}

/// Everything but the command itself.
Exit around(const Options& options, Session& session, Store& store,
            const std::vector<Profile>& profiles, RunReport& report) {
  const std::string line = command_line(session.dashed);
  for (const CreateReport& one : capture(session, store, profiles, SnapshotClass::Safety,
                                         "Before: " + line, session.progress("reading"))) {
    report.before.push_back(held_by(one));
  }
  session.out().flush();
  Child child = Child::start_attached(
      session.dashed, {fmt::format("STRAVINSKY_BEFORE={}", report.before.front().name)});
  report.status = child.wait_status();
  if (report.status == 0) report.failures = failed_checks(options, session);

  const bool failed = report.status != 0 || !report.failures.empty();
  if (failed && options.rollback_on_failure) {
    report.rolled_back = roll_back(session, store, report);
    judge_in_place(session, report.rolled_back);
  } else {
    // Nor is this: what the command did before a signal ended it is worth knowing.
    report.unchanged = true;
    for (const CreateReport& one :
         capture(session, store, profiles, SnapshotClass::Named, "After: " + line, no_progress())) {
      report.unchanged = report.unchanged && one.unchanged;
      if (one.snapshot) report.after.push_back(*one.snapshot);
    }
  }
  if (report.status != 0) return Exit{report.status};
  return report.failures.empty() ? Exit::Done : Exit::RunFailed;
}

Exit run(const Options& options, Session& session) {
  if (session.dashed.empty()) {
    throw Error(Errc::Invalid, "cannot run a command", "there is none after '--'",
                "write it after two dashes: stravinsky run -- make install");
  }
  RunReport report;
  try {
    Store store = session.open_store(Access::Write);
    const std::vector<Profile> active = active_profiles(session, &store);
    std::vector<Profile> profiles;
    std::copy_if(active.begin(), active.end(), std::back_inserter(profiles),
                 [](const Profile& one) { return !why_nothing_live(one); });
    if (profiles.empty()) require_live(active.front());
    const Exit exit = around(options, session, store, profiles, report);
    show_run(session.view(), report, exit);
    session.finish_writing(store, 0);
    return exit;
  } catch (const Error& error) {
    if (error.code() == Errc::Cancelled) throw;  // before the command began
    const bool never_ran = report.status == 0 && report.failures.empty();
    const bool is_command = never_ran && std::string_view(error.what()).starts_with("cannot run ");
    if (is_command && error.code() == Errc::NotFound)
      return refuse(session, Exit::NoCommand, error);
    if (is_command && error.code() == Errc::Denied)
      return refuse(session, Exit::NotRunnable, error);
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
  cmd->footer(
      "The exit status is that of the command; 125 to 127 are our own, as with env(1): 125 also\n"
      "when the command was fine and a check failed. Signals are passed on to the command.\n\n" +
      help_footer(
          "stravinsky run --rollback-on-failure --check 'claude doctor' -- npm install -g x",
          {Exit::RunFailed, Exit::NotRunnable, Exit::NoCommand}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
