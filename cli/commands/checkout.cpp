#include <fmt/format.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "in_place.hpp"
#include "present/in_place.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref, target, overwrite;
  std::vector<std::string> paths, include, exclude, live;
  bool no_owner = false, numeric_ids = false, no_verify = false, dry_run = false, remove = false;
};

/// For CLI11: a message if it is none.
std::string is_live_digest(const std::string& word) {
  const bool is_hex = word.size() >= 16 && word.size() <= 64 &&
                      word.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hex || word == "none" ? "" : "it is what a plan prints: 16 to 64 hex digits, or none";
}

Overwrite overwrite_of(const std::string& word) {
  if (word == "always") return Overwrite::Always;
  if (word == "if-changed") return Overwrite::IfChanged;
  if (word == "if-newer") return Overwrite::IfNewer;
  if (word == "never") return Overwrite::Never;
  return Overwrite::Refuse;
}

std::vector<Selected> parts_of(const Options& options, Session& session, const Store& store) {
  if (!options.paths.empty()) return select(session, store, options.ref, options.paths);
  std::vector<Selected> parts;
  for (StoredPath& at : resolve_target(session, store, options.ref, "")) {
    parts.push_back({std::move(at.snapshot), {}});
    if (!at.path.empty()) parts.back().paths.push_back(std::move(at.path));
  }
  return parts;
}

RestoreOptions restore_options(const Options& options, const Selected& part,
                               const std::string& target) {
  return {.target = target,
          .paths = part.paths,
          .include = options.include,
          .exclude = options.exclude,
          .overwrite = overwrite_of(options.overwrite),
          .owner = !options.no_owner,
          .numeric_ids = options.numeric_ids,
          .verify = !options.no_verify,
          .dry_run = options.dry_run};
}

/// Two profiles get a directory each: their tops would mix.
void prepare_common_target(const Options& options) {
  namespace filesystem = std::filesystem;
  const std::string what = fmt::format("cannot restore to {}", quoted(options.target));
  std::error_code failed;
  const auto type = filesystem::status(options.target, failed).type();
  if (type != filesystem::file_type::not_found) {
    if (type != filesystem::file_type::directory) {
      throw Error(Errc::Invalid, what, "it is not a directory", "give another directory with --to");
    }
    if (options.overwrite.empty() && !filesystem::is_empty(options.target, failed)) {
      throw Error(Errc::Exists, what, "it is not empty",
                  "give a new directory, or say what may be replaced with --overwrite");
    }
    return;
  }
  const std::string parent = filesystem::path(absolute_path(options.target)).parent_path().string();
  if (!filesystem::is_directory(parent, failed)) {
    const bool there = filesystem::exists(parent, failed);
    throw Error(Errc::Invalid, what,
                fmt::format("{} {}", quoted(parent), there ? "is no directory" : "does not exist"),
                there ? "give another directory with --to"
                      : fmt::format("make it first: mkdir -p {}", shell_word(parent)));
  }
  if (!options.dry_run && mkdir(options.target.c_str(), 0700) != 0) {
    throw_errno("make", options.target);
  }
}

Exit exit_for(const RestoreReport& report) {
  return report.failed > 0 || !report.issues.empty() ? Exit::Partial : Exit::Done;
}

std::string command_for(const Options& options, const Session& session,
                        const std::string& overwrite, bool force = false) {
  std::string text = session.command() + " checkout";
  const bool dashes = options.ref.starts_with('-') ||
                      std::any_of(options.paths.begin(), options.paths.end(),
                                  [](const std::string& path) { return path.starts_with('-'); });
  const auto add_words = [&] {
    text += " " + shell_word(options.ref);
    for (const std::string& path : options.paths) text += " " + shell_word(path);
  };
  if (!dashes) add_words();
  if (!options.target.empty()) text += " --to " + shell_word(options.target);
  if (options.remove) text += " --delete";
  if (force) text += " -f";
  if (!overwrite.empty()) text += " --overwrite " + overwrite;
  for (const std::string& glob : options.include) text += " --include " + shell_word(glob);
  for (const std::string& glob : options.exclude) text += " --exclude " + shell_word(glob);
  if (options.no_owner) text += " --no-owner";
  if (options.numeric_ids) text += " --numeric-ids";
  if (options.no_verify) text += " --no-verify";
  for (const std::string& live : options.live) text += " --live " + live;
  if (dashes) {
    text += " --";
    add_words();
  }
  return text;
}

/// A restore that stops on its way leaves what it has written: every file is whole, and to remove
/// them could remove what somebody else put there meanwhile.
Error stopped(const Error& error, const Options& options, const Session& session) {
  const bool partial = error.code() == Errc::Cancelled || error.code() == Errc::NoSpace;
  if (!partial || options.dry_run) return error;
  const std::string overwrite = options.overwrite.empty() ? "if-changed" : options.overwrite;
  const std::string go_on = command_for(options, session, overwrite);
  if (error.code() == Errc::Cancelled) return with_remedy(error, "to go on: " + go_on);
  return with_remedy(error, error.remedy() + "; to go on there: " + go_on);
}

void require_in_place_options(const Options& options) {
  if (options.overwrite.empty()) return;
  throw Error(Errc::Invalid, "cannot use --overwrite", "it is for restoring to another directory",
              "name one with --to DIR, or leave it out: in place all that differs is replaced");
}

/// What the trees were when the plan was shown, for the command that follows it.
std::vector<std::string> live_of(const std::vector<RestorePlan>& plans) {
  constexpr std::size_t kDigits = 16;  // no two states of one tree agree in them by chance
  std::vector<std::string> live;
  for (const RestorePlan& plan : plans) {
    live.push_back(plan.live ? plan.live->hex().substr(0, kDigits) : "none");
  }
  return live;
}

void expect_live(std::vector<InPlaceTarget>& targets, const std::vector<std::string>& live) {
  if (live.empty()) return;
  if (live.size() != targets.size()) {
    throw Error(Errc::Changed, "cannot do what was planned",
                fmt::format("the plan was of {}, and now there are {}",
                            counted(live.size(), "profile"), targets.size()),
                "look at the plan again");
  }
  for (std::size_t i = 0; i < live.size(); ++i) targets[i].expected_live = live[i];
}

/// In place nothing is done without -f: the plan is shown.
Exit run_in_place(const Options& options, Session& session) {
  require_in_place_options(options);
  const bool acts = session.globals.force && !options.dry_run;
  Store store = session.open_store(acts ? Access::Write : Access::Read);
  InPlaceOptions in_place;
  if (acts) session.attempt(store, in_place.event_type, options.ref);
  std::vector<InPlaceTarget> targets;
  for (Selected& part : parts_of(options, session, store)) {
    targets.push_back(
        in_place_target(session, store, std::move(part.snapshot), std::move(part.paths)));
  }
  in_place.include = options.include;
  in_place.exclude = options.exclude;
  in_place.surplus = options.remove ? Surplus::Remove : Surplus::Keep;
  in_place.owner = !options.no_owner;
  in_place.numeric_ids = options.numeric_ids;
  in_place.verify = !options.no_verify;
  if (!acts) {
    std::vector<RestorePlan> plans;
    for (const InPlaceTarget& target : targets) {
      plans.push_back(plan_restore(store, target, in_place, session.progress("comparing")));
    }
    session.end_progress();
    Options follow = options;
    follow.live = live_of(plans);
    show_plans(session.view(), plans, command_for(follow, session, "", true), Exit::Done);
    return Exit::Done;
  }
  attempt_in_place(session, store, targets, in_place.event_type);
  expect_live(targets, options.live);
  std::vector<InPlaceReport> reports;
  HookedOperation operation;
  operation.name = "restore";
  operation.known = target_facts(targets);
  operation.act = [&](HookFacts& facts) {
    reports = apply(store, targets, in_place, session.progress("restoring"));
    session.end_progress();
    tell_in_place(facts, reports);
    return judge_in_place(session, reports);
  };
  operation.changed = [&] { return changed_by(reports); };
  operation.show = [&](Exit exit) {
    show_in_place(session.view(), reports, exit);
    finish_in_place(session, store, reports);
  };
  return with_hooks(session, profiles_of(targets), operation);
}

Exit run(const Options& options, Session& session) {
  if (options.target.empty()) return run_in_place(options, session);
  if (options.remove) {
    throw Error(Errc::Invalid, "cannot use --delete", "a new directory has nothing to delete",
                "leave out --delete, or --to to restore in place");
  }
  if (!options.live.empty()) {
    throw Error(Errc::Invalid, "cannot use --live", "it tells of the tree that is changed in place",
                "leave out --live, or --to to restore in place");
  }
  const Store store = session.open_store();
  const std::vector<Selected> parts = parts_of(options, session, store);
  if (parts.size() > 1) prepare_common_target(options);
  std::vector<Restored> restored;
  Exit exit = Exit::Done;
  for (const Selected& part : parts) {
    const std::string target =
        parts.size() == 1 ? options.target : options.target + "/" + part.snapshot.profile;
    RestoreReport report;
    try {
      report = restore_to_directory(store, part.snapshot, restore_options(options, part, target),
                                    session.progress("restoring", parts.size()));
    } catch (const Error& error) {
      throw stopped(error, options, session);
    }
    if (!options.dry_run) {
      session.achieved(fmt::format("{} of {}/{} went to {}", counted(report.restored, "file"),
                                   part.snapshot.profile, shown(part.snapshot.name),
                                   quoted(target)));
    }
    if (exit_for(report) != Exit::Done) exit = exit_for(report);
    restored.push_back({part.snapshot, target, std::move(report)});
  }
  session.end_progress();
  show_restored(session.view(), restored, options.dry_run,
                command_for(options, session, options.overwrite), exit);
  return exit;
}

}  // namespace

void add_checkout(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("checkout", "Bring back a file, a directory or a whole snapshot");
  cmd->alias("restore");
  cmd->add_option("REF", options->ref, "the snapshot, or REF:PATH")->required();
  cmd->add_option("PATH", options->paths, "only these paths; default: everything");
  cmd->add_option("--to,--target", options->target,
                  "a directory to write to, new or empty; default: in place, by a plan")
      ->type_name("DIR");
  cmd->add_option("--overwrite", options->overwrite,
                  "what to do with files that exist: always, if-changed, if-newer, never")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"always", "if-changed", "if-newer", "never"}));
  add_repeatable(cmd, "--include", options->include, "only what matches; gitignore syntax")
      ->type_name("GLOB");
  add_repeatable(cmd, "--exclude", options->exclude, "not what matches; gitignore syntax")
      ->type_name("GLOB");
  cmd->add_flag("--no-owner", options->no_owner, "leave owner and group as they come");
  cmd->add_flag("--numeric-ids", options->numeric_ids, "owner by number, not by name");
  cmd->add_flag("--no-verify", options->no_verify, "do not read back what was written");
  cmd->add_flag("--delete", options->remove,
                "in place: also remove what the snapshot does not have");
  add_repeatable(cmd, "--live", options->live,
                 "in place: only if the live tree is still this; plans print it")
      ->type_name("DIGEST")
      ->check(is_live_digest);
  add_reload_option(cmd, session);
  cmd->add_flag("-n,--dry-run", options->dry_run, "print the plan and change nothing");
  cmd->footer(
      "In place, without --to, the plan is printed; -f does what it says. What was live is "
      "captured\n"
      "before and can be brought back in its turn.\n\n" +
      help_footer(
          "stravinsky checkout v0.3.8 hooks -f",
          {Exit::Partial, Exit::NoStore, Exit::Locked, Exit::NotFound, Exit::Damaged, Exit::Changed,
           Exit::NoSpace, Exit::Denied, Exit::Interrupted, Exit::Terminated}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
