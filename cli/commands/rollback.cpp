#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

#include "commands/commands.hpp"
#include "confirm.hpp"
#include "in_place.hpp"
#include "nothing_live.hpp"
#include "present/in_place.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/past_operations.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref;
  bool no_owner = false, numeric_ids = false, no_verify = false, dry_run = false;
};

InPlaceOptions in_place_options(const Options& options, const char* event_type) {
  InPlaceOptions in_place;
  in_place.surplus = Surplus::Remove;
  in_place.owner = !options.no_owner;
  in_place.numeric_ids = options.numeric_ids;
  in_place.verify = !options.no_verify;
  in_place.event_type = event_type;
  return in_place;
}

Exit preview(Session& session, const Store& store, const std::vector<InPlaceTarget>& targets,
             const InPlaceOptions& in_place, const std::string& proceed,
             const PastEvent* past = nullptr) {
  std::vector<RestorePlan> plans;
  for (const InPlaceTarget& target : targets) {
    plans.push_back(plan_restore(store, target, in_place, session.progress("comparing")));
  }
  session.end_progress();
  show_plans(session.view(), plans, proceed, Exit::Done, past);
  return Exit::Done;
}

Exit act(Session& session, Store& store, const std::vector<InPlaceTarget>& targets,
         const InPlaceOptions& in_place, const PastEvent* past = nullptr) {
  std::vector<InPlaceReport> reports;
  attempt_in_place(session, store, targets, in_place.event_type);
  HookedOperation operation;
  operation.name = "rollback";
  operation.known = target_facts(targets);
  operation.act = [&](HookFacts& facts) {
    try {
      reports = apply(store, targets, in_place, session.progress("restoring"));
    } catch (const Error& error) {
      session.end_progress();
      if (!session.json()) {
        say(session.view().bad(fmt::format("Rollback failed: {}", error.what())));
      }
      throw;
    }
    session.end_progress();
    tell_in_place(facts, reports);
    return judge_in_place(session, reports);
  };
  operation.changed = [&] { return changed_by(reports); };
  operation.show = [&](Exit exit) {
    show_rollback(session.view(), reports, past, exit);
    finish_in_place(session, store, reports);
  };
  return with_hooks(session, profiles_of(targets), operation);
}

Exit run_to(const Options& options, Session& session) {
  if (!options.dry_run &&
      !is_confirmed(session, "Live files will be brought back.", kRollbackEvent, options.ref)) {
    return Exit::NotConfirmed;
  }
  Store store = session.open_store(options.dry_run ? Access::Read : Access::Write);
  if (!options.dry_run) session.attempt(store, kRollbackEvent, options.ref);
  std::vector<Snapshot> snapshots;
  try {
    snapshots = resolve_each(session, store, options.ref);
  } catch (const Error& error) {
    if (error.code() != Errc::NotFound) throw;
    throw Error(Errc::NotFound, "Backup not found", options.ref,
                error.remedy().empty() ? "see `stravinsky rollback list`" : error.remedy());
  }
  std::vector<InPlaceTarget> targets;
  for (Snapshot& snapshot : snapshots) {
    targets.push_back(in_place_target(session, store, std::move(snapshot), {}));
  }
  InPlaceOptions in_place = in_place_options(options, kRollbackEvent);
  const auto current = find_current(store, targets.front().profile.name);
  if (current) in_place.backup_name = current->version + ".pre_rollback";
  if (options.dry_run) {
    return preview(session, store, targets, in_place,
                   fmt::format("{} rollback to {}", session.command(), shell_word(options.ref)));
  }
  return act(session, store, targets, in_place);
}

/// What to go back to where there was nothing.
Snapshot capture_nothing(Session& session, Store& store, const Profile& profile,
                         std::uint64_t sequence) {
  CreateOptions create;
  create.profile = profile;
  create.description = fmt::format("Nothing, as before event {}", sequence);
  create.category = "auto-backup";
  create.snapshot_class = SnapshotClass::Safety;
  create.skip_if_unchanged = true;
  const auto nothing = of_nothing(std::move(create));
  if (!nothing) {
    throw Error(Errc::NotFound, fmt::format("cannot undo event {}", sequence),
                fmt::format("nothing of profile '{}' was live before it, and what it lives at is a "
                            "file",
                            profile.name),
                fmt::format("{0} snapshot, then remove the file by hand; or {0} rollback to REF",
                            session.command()));
  }
  const CreateReport report = create_snapshot(store, *nothing);
  return report.snapshot ? *report.snapshot : report.current.value();
}

enum class Way { Undo, Redo };

Exit run_past(const Options& options, Session& session, Way way) {
  const bool undo = way == Way::Undo;
  const char* event_type = undo ? kUndoEvent : kRedoEvent;
  if (!options.dry_run &&
      !is_confirmed(session, "Live files will be brought back.", event_type, {})) {
    return Exit::NotConfirmed;
  }
  Store store = session.open_store(options.dry_run ? Access::Read : Access::Write);
  if (!options.dry_run) session.attempt(store, event_type, {});
  const std::vector<std::string> names = active_names(session, store);
  const auto past = undo ? find_undo(store, names) : find_redo(store, names);
  if (!past) {
    throw Error(
        Errc::NotFound, undo ? "cannot undo" : "cannot redo",
        undo ? "No previous version available" : "nothing was undone since live files last changed",
        "see `stravinsky rollback list`, then `stravinsky rollback to REF`");
  }
  std::vector<InPlaceTarget> targets;
  std::vector<Profile> absent;  // before it; they are live now
  for (const PastOperation::Side& side : past->sides) {
    if (side.before) {
      targets.push_back(in_place_target(session, store, *side.before, {}));
    } else if (Profile profile = profile_of(session, store, side.profile);
               !why_nothing_live(profile)) {
      absent.push_back(std::move(profile));
    }
  }
  if (targets.empty() && absent.empty()) {
    throw Error(Errc::NotFound, fmt::format("cannot undo event {}", past->sequence),
                "nothing was live before it, and nothing is now",
                fmt::format("{} rollback to REF", session.command()));
  }
  const PastEvent event{*past, undo};
  const std::string what = described(event);
  InPlaceOptions in_place = in_place_options(options, event_type);
  in_place.undoes = past->sequence;
  for (const std::string& other : past->others) {
    session.talk(
        fmt::format("{} changed the profile '{}' too, which stays as it is; see: "
                    "stravinsky -P {} rollback undo -n",
                    what, other, other));
  }
  if (options.dry_run) {
    session.talk(fmt::format("would {} {}", undo ? "undo" : "redo", what));
    for (const std::string& root : live_roots(absent)) {
      session.talk(fmt::format("would take away {}: it was not there before", quoted(root)));
    }
    return preview(session, store, targets, in_place,
                   fmt::format("{} rollback {}", session.command(), undo ? "undo" : "redo"),
                   &event);
  }
  for (const Profile& profile : absent) {
    targets.push_back(in_place_target(
        session, store, capture_nothing(session, store, profile, past->sequence), {}));
  }
  const Exit exit = act(session, store, targets, in_place, &event);
  const std::vector<std::string> left = remove_emptied(live_roots(absent));
  for (const std::string& one : left) session.warn(one);
  return exit == Exit::Done && !left.empty() ? Exit::Partial : exit;
}

void add_options(CLI::App* cmd, Options& options, Session& session) {
  cmd->add_flag("--no-owner", options.no_owner, "leave owner and group as they come");
  cmd->add_flag("--numeric-ids", options.numeric_ids, "owner by number, not by name");
  cmd->add_flag("--no-verify", options.no_verify, "do not read back what was written");
  add_reload_option(cmd, session);
  cmd->add_flag("-n,--dry-run", options.dry_run, "print the plan and change nothing");
}

const std::vector<Exit> kStatuses = {Exit::Partial,     Exit::NoStore,   Exit::Locked,
                                     Exit::NotFound,    Exit::Damaged,   Exit::NotConfirmed,
                                     Exit::Changed,     Exit::NoSpace,   Exit::Denied,
                                     Exit::Interrupted, Exit::Terminated};

}  // namespace

void add_rollback(CLI::App& rollback, Session& session) {
  auto options = std::make_shared<Options>();
  auto* to = rollback.add_subcommand("to", "Make the live files exactly what a snapshot holds");
  to->add_option("REF", options->ref, "the snapshot or version")->required();
  add_options(to, *options, session);
  to->footer(
      "What is live is captured first; what the snapshot does not have goes, and is in that "
      "capture.\n\n" +
      help_footer("stravinsky rollback to v0.3.8", kStatuses));
  to->callback([options, &session] { session.exit = run_to(*options, session); });

  auto* undo = rollback.add_subcommand("undo", "Take back the newest operation on live files");
  add_options(undo, *options, session);
  undo->footer(help_footer("stravinsky rollback undo", kStatuses));
  undo->callback([options, &session] { session.exit = run_past(*options, session, Way::Undo); });

  auto* redo = rollback.add_subcommand("redo", "Take back the newest undo");
  add_options(redo, *options, session);
  redo->footer(help_footer("stravinsky rollback redo", kStatuses));
  redo->callback([options, &session] { session.exit = run_past(*options, session, Way::Redo); });
}

}  // namespace stravinsky::cli
