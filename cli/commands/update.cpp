// Words into a request for the driver, and its report into an answer.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "app.hpp"
#include "checking.hpp"
#include "commands/commands.hpp"
#include "confirm.hpp"
#include "environment.hpp"
#include "in_place.hpp"
#include "lifecycle.hpp"
#include "parse.hpp"
#include "present/update.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/run_update.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string version, from;
  bool merge = false, replace = false, strict = false, no_auto_rollback = false, dry_run = false;
  std::vector<std::string> checks;
  double check_timeout = 60, check_delay = 0, timeout = 0;
  std::uint64_t tries = 1;
};

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

/// One profile is updated at a time: the named one, else the default one where it acts here.
Profile chosen_profile(Session& session, const Store& store) {
  std::vector<Profile> active = active_profiles(session, &store);
  if (active.size() == 1) return std::move(active.front());
  const std::string& preferred = session.config().profile_default;
  auto found = std::find_if(active.begin(), active.end(),
                            [&](const Profile& one) { return one.name == preferred; });
  if (found == active.end()) found = active.begin();
  for (const Profile& other : active) {
    if (other.name == found->name) continue;
    session.talk(
        fmt::format("updating profile {}; -P {} updates the other one", found->name, other.name));
  }
  return std::move(*found);
}

/// A path that is there is the source; any other word is a REF.
/// @param store  null: there is none yet, and so no REF
void find_source(const Options& options, Session& session, const Store* store,
                 hooks::UpdateRequest& request) {
  std::error_code failed;
  const auto status = std::filesystem::status(options.from, failed);
  if (std::filesystem::exists(status)) {
    request.source = std::filesystem::absolute(options.from).string();
    return;
  }
  if (options.from.find("://") != std::string::npos) {
    throw Error(Errc::Invalid, fmt::format("cannot fetch {}", quoted(options.from)),
                "updates come from a directory, a tar archive or the store",
                "fetch it first, then name the directory or the archive");
  }
  try {
    if (store == nullptr) throw Error(Errc::NotFound, "cannot find it", "there is no store");
    request.snapshot = resolve(*store, options.from, {request.profile.name}).snapshot;
  } catch (const Error& error) {
    if (error.code() != Errc::NotFound) throw;
    throw Error(Errc::NotFound, fmt::format("cannot update from {}", quoted(options.from)),
                "there is no such directory or archive, and no such snapshot",
                "name a directory, a tar archive, a snapshot or VERSION@release");
  }
  request.source = request.snapshot->name;
  session.talk(fmt::format("from {}/{}", request.snapshot->profile, shown(request.source)));
}

/// Where the release is unpacked: in the store, or, as nothing there is written, beside everything.
std::string staging_place(const Options& options, const Store& store, const Profile& profile) {
  if (!options.dry_run) return store.git_dir() + "/stravinsky/staging." + profile.name;
  std::string place = temp_directory() + "/stravinsky-update-XXXXXX";
  if (mkdtemp(place.data()) == nullptr) {
    throw Error(Errc::Io, fmt::format("cannot make {}", quoted(place)),
                "the directory cannot be written", "set TMPDIR");
  }
  return place;
}

hooks::HealthChecks health_of(const Options& options, Session& session) {
  hooks::HealthChecks health = health_checks(session);
  health.commands = options.checks;
  health.timeout = milliseconds_of(options.check_timeout);
  health.delay = milliseconds_of(options.check_delay);
  health.tries = options.tries;
  health.deadline = milliseconds_of(options.timeout);
  return health;
}

hooks::UpdateRequest request_of(const Options& options, Session& session, const Store& store,
                                Profile profile) {
  hooks::UpdateRequest request;
  request.version = options.version;
  request.profile = std::move(profile);
  find_source(options, session, &store, request);
  request.strategy = options.replace ? hooks::Strategy::Replace : hooks::Strategy::Merge;
  request.dry_run = options.dry_run;
  request.auto_rollback =
      session.config().update.auto_rollback_on_failure && !options.no_auto_rollback;
  request.checks = checks_options(session);
  request.checks.strict = options.strict;
  request.health = health_of(options, session);
  request.staging = staging_place(options, store, request.profile);
  request.progress = &session.progress("updating");
  request.on_phase = [&session](hooks::UpdatePhase phase) {
    session.end_attempt();  // its events are the driver's
    session.end_progress();
    show_update_phase(session.view(), phase);
  };
  return request;
}

/// Why it did not become what it was to be, for the hooks; empty: it did.
std::string failure_of(const hooks::UpdateReport& report) {
  if (report.outcome != hooks::UpdateReport::Outcome::Conflict) {
    return fmt::format("{}", fmt::join(report.failures, "; "));
  }
  std::vector<std::string> paths;
  for (const hooks::UpdateItem& item : report.plan.items) {
    if (item.action == hooks::UpdateItem::Action::Conflict) paths.push_back(item.path);
  }
  return fmt::format("merge conflict: {}", fmt::join(paths, ", "));
}

void tell(HookFacts& facts, const hooks::UpdateReport& report) {
  facts.emplace_back("ERROR", failure_of(report));
  facts.emplace_back("OUTCOME", std::string(name_of(report.outcome)));
  if (report.before) facts.emplace_back("FROM_VERSION", report.before->version);
  if (report.after) facts.emplace_back("SNAPSHOT", report.after->name);
  if (report.backup_created) facts.emplace_back("BACKUP", report.before->name);
}

Exit preview(Session& session, Store& store, const hooks::UpdateRequest& request,
             const std::string& proceed) {
  const hooks::UpdateReport report = hooks::run_update(store, request);
  session.end_progress();
  const Exit exit = exit_of(report);
  show_update(session.view(), report, request, proceed, exit);
  return exit;
}

Exit run(const Options& options, Session& session) {
  if (options.merge && options.replace) {
    throw Error(Errc::Invalid, "cannot update", "--merge and --replace exclude each other",
                "give one of them");
  }
  if (!options.dry_run &&
      !is_confirmed(session, "Live files will be updated.", kUpdateBlocked, options.version)) {
    return Exit::NotConfirmed;
  }
  if (!options.dry_run && !session.has_store()) {
    // What cannot be done must not make a store first.
    active_profiles(session, nullptr);
    hooks::UpdateRequest judged;
    find_source(options, session, nullptr, judged);
  }
  Store store = options.dry_run ? session.open_store() : session.open_or_make_store();
  if (!options.dry_run) session.attempt(store, kUpdateBlocked, options.version);
  const hooks::UpdateRequest request =
      request_of(options, session, store, chosen_profile(session, store));
  if (options.dry_run) {
    return preview(
        session, store, request,
        fmt::format("{} update {} --from {}{}", session.command(), shell_word(options.version),
                    shell_word(options.from), options.replace ? " --replace" : ""));
  }
  hooks::UpdateReport report;
  session.attempt(store, kUpdateBlocked,
                  fmt::format("{}/{}", request.profile.name, options.version),
                  {request.profile.name});
  HookedOperation operation;
  operation.name = "update";
  operation.known = {{"TO_VERSION", options.version}};
  operation.act = [&](HookFacts& facts) {
    try {
      report = hooks::run_update(store, request);
    } catch (const Error& error) {
      session.end_progress();
      const hooks::FailureKind kind = hooks::kind_of(error.code());
      if (kind != hooks::FailureKind::Unknown) show_decision_tree(session.view(), kind);
      throw;
    }
    session.end_progress();
    tell(facts, report);
    if (report.outcome == hooks::UpdateReport::Outcome::Done) {
      session.achieved(fmt::format("{} is {} now", request.profile.name, options.version));
    }
    return exit_of(report);
  };
  // Also what was taken back: whoever was told of the release has read it.
  operation.changed = [&] {
    std::vector<InPlaceReport> done;
    if (report.switched) done.push_back(*report.switched);
    if (report.fall_back) {
      done.insert(done.end(), report.fall_back->reports.begin(), report.fall_back->reports.end());
    }
    return changed_by(done);
  };
  operation.show = [&](Exit exit) {
    show_update(session.view(), report, request, {}, exit);
    session.finish_writing(store, report.bytes_added);
  };
  return with_hooks(session, {request.profile}, operation);
}

void add_check_options(CLI::App* cmd, Options& options) {
  add_repeatable(cmd, "--check", options.checks,
                 "a line for the shell that tells whether all is well; repeatable")
      ->type_name("CMD");
  cmd->add_option("--check-timeout", options.check_timeout, "for each check; default: 60")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86400.0));
  cmd->add_option("--check-delay", options.check_delay, "before each try; default: 0")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0));
  cmd->add_option("--tries", options.tries, "of all checks, until none fails; default: 1")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  cmd->add_option("--timeout", options.timeout, "for all checks and tries together; default: none")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 864000.0));
}

}  // namespace

void add_update(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("update", "Install a release: checked, merged, reversible");
  cmd->add_option("VERSION", options->version, "the version that the release has")->required();
  cmd->add_option("--from", options->from,
                  "a directory, a tar archive (plain, gzip, zstd), a snapshot or VERSION@release")
      ->required()
      ->type_name("SRC");
  cmd->add_flag("--merge", options->merge, "keep your changes, three-way; the default");
  cmd->add_flag("--replace", options->replace, "take the release as it is; what it lacks goes");
  add_check_options(cmd, *options);
  cmd->add_flag("--strict", options->strict,
                "what would only warn, or cannot be checked here, keeps the update from beginning");
  cmd->add_flag("--no-auto-rollback", options->no_auto_rollback,
                "leave an update that fails its checks as it is");
  add_reload_option(cmd, session);
  cmd->add_flag("-n,--dry-run", options->dry_run, "print the plan and change nothing");
  cmd->footer(
      "Five phases: PREPARE, VALIDATE, SWITCH, VERIFY, then COMMIT or AUTO-ROLLBACK.\n\n" +
      help_footer(
          "stravinsky update v0.4.1 --from release-0.4.1.tar.gz --check 'claude doctor'",
          {Exit::Partial, Exit::NoStore, Exit::Locked, Exit::NotFound, Exit::Damaged,
           Exit::ChecksFailed, Exit::UpdateRolledBack, Exit::UpdateCritical, Exit::NotVerified,
           Exit::NotConfirmed, Exit::Changed, Exit::NoSpace, Exit::Denied, Exit::Busy,
           Exit::MergeConflict, Exit::Interrupted, Exit::Terminated}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
