#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "checking.hpp"
#include "checks/judge_version.hpp"
#include "commands/commands.hpp"
#include "confirm.hpp"
#include "in_place.hpp"
#include "parse.hpp"
#include "present/in_place.hpp"
#include "present/recovery.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/recovery.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"
#include "stravinsky/verify.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string path, ref;
  bool pick = false, remove = false, dry_run = false;
};

enum class Level { File, Directory };

const std::string kDamaged = "damaged";
constexpr const char* kWarning = "Live files will be brought back.";

/// A path and the profile that holds it.
struct Lost {
  Profile profile;
  std::string path;                   ///< from the top
  std::vector<FileVersion> versions;  ///< newest first, those with an entry of the right kind
};

bool is_of(Level level, const FileVersion& version) {
  if (!version.entry) return false;
  return (version.entry->type == EntryType::Directory) == (level == Level::Directory);
}

/// Every version of the path in the active profiles that ever held it.
std::vector<Lost> find_lost(Session& session, const Store& store, const Options& options,
                            Level level) {
  const std::vector<std::string> names = active_names(session, store);
  std::vector<std::vector<FileVersion>> histories(names.size());
  std::optional<Error> missing;
  const auto found =
      locate(session, store, options.path, names, [&](std::size_t i, const std::string& path) {
        try {
          histories[i] = file_history(store, names[i], path);
          std::erase_if(histories[i], [&](const FileVersion& one) { return !is_of(level, one); });
          return !histories[i].empty();
        } catch (const Error& error) {
          if (error.code() != Errc::NotFound) throw;
          if (!missing) missing = error;
          return false;
        }
      });
  std::vector<Lost> lost;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (found[i]) {
      lost.push_back({profile_of(session, store, names[i]), *found[i], std::move(histories[i])});
    }
  }
  if (!lost.empty()) return lost;
  throw Error(Errc::NotFound, fmt::format("cannot recover {}", quoted(options.path)),
              level == Level::File ? "no snapshot has a file of that name"
                                   : "no snapshot has a directory of that name",
              missing ? missing->remedy() : "see `stravinsky find GLOB`");
}

/// Whether everything at the path can be read back as it was recorded.
bool is_whole(const Store& store, const Snapshot& snapshot, const std::string& path) {
  try {
    const SnapshotTree tree(store, snapshot);
    const auto read = [&](const std::string& at, const Entry& entry) {
      if (entry.type == EntryType::File) tree.read(at, [](std::span<const std::byte>) {});
      return true;
    };
    const auto entry = tree.find(path);
    if (entry && entry->type != EntryType::Directory) return read(path, *entry);
    tree.walk(path, read);
    return true;
  } catch (const Error& error) {
    if (error.code() != Errc::Corrupt && error.code() != Errc::Hostile &&
        error.code() != Errc::NotFound) {
      throw;
    }
    return false;
  }
}

/// What keeps a version from being chosen unasked; empty: nothing. A directory's files are not
/// judged one by one: it is brought back for what it had.
std::string fault_of(Session& session, const Store& store, const Lost& lost,
                     const Snapshot& snapshot, Level level) {
  if (!is_whole(store, snapshot, lost.path)) return kDamaged;
  if (level == Level::Directory) return {};
  for (const hooks::Finding& finding :
       judge_version(store, snapshot, lost.profile, lost.path, checks_options(session))) {
    if (finding.severity == hooks::Severity::Error) return text_of(finding);
  }
  return {};
}

InPlaceOptions in_place_options(const Options& options) {
  InPlaceOptions in_place;
  in_place.surplus = options.remove ? Surplus::Remove : Surplus::Keep;
  in_place.event_type = kRecoveryEvent;
  return in_place;
}

bool differs_from_live(const Store& store, const InPlaceTarget& target,
                       const InPlaceOptions& in_place) {
  return plan_restore(store, target, in_place).changes_anything;
}

/// The newest version that is not what is live and passes its check.
InPlaceTarget choose(Session& session, const Store& store, const Lost& lost,
                     const InPlaceOptions& in_place, Level level) {
  bool any_damaged = false;
  std::string faulty;  ///< the newest snapshot with a version that the validators refuse
  for (const FileVersion& version : lost.versions) {
    InPlaceTarget target{.snapshot = version.snapshot,
                         .profile = lost.profile,
                         .paths = {lost.path},
                         .expected_live = {}};
    if (!differs_from_live(store, target, in_place)) continue;
    const std::string fault = fault_of(session, store, lost, version.snapshot, level);
    if (fault.empty()) return target;
    const bool is_damaged = fault == kDamaged;
    any_damaged = any_damaged || is_damaged;
    if (!is_damaged && faulty.empty()) faulty = version.snapshot.name;
    session.warn(fmt::format("{} in {} is {} and passed over", shown(lost.path),
                             shown(version.snapshot.name),
                             is_damaged ? fault : fmt::format("faulty ({})", shown(fault))));
  }
  const std::string what = fmt::format("cannot recover {}", quoted(lost.path));
  if (!faulty.empty()) {
    throw Error(Errc::NotFound, what,
                "every version that differs from the live one is damaged or faulty",
                fmt::format("to take one as it is: stravinsky recovery file {} {}",
                            shell_word(lost.path), shell_word(faulty)));
  }
  throw Error(any_damaged ? Errc::Corrupt : Errc::NotFound, what,
              any_damaged ? "every version that differs from the live one is damaged"
                          : "every version is what is live already",
              any_damaged ? "stravinsky recovery emergency" : "");
}

/// Asks which version, on a terminal; elsewhere it shows them and how to name one.
std::optional<InPlaceTarget> pick(Session& session, const Store& store, const Lost& lost,
                                  const InPlaceOptions& in_place, const std::string& word,
                                  Level level) {
  std::vector<VersionChoice> choices;
  for (const FileVersion& version : lost.versions) {
    const InPlaceTarget target{.snapshot = version.snapshot,
                               .profile = lost.profile,
                               .paths = {lost.path},
                               .expected_live = {}};
    choices.push_back({version.snapshot, *version.entry,
                       !differs_from_live(store, target, in_place),
                       fault_of(session, store, lost, version.snapshot, level)});
  }
  show_versions(session.view(), choices,
                fmt::format("{} recovery {} {}", session.command(),
                            level == Level::File ? "file" : "directory", shell_word(word)));
  if (session.json() || isatty(STDIN_FILENO) != 1) return std::nullopt;
  say("Which one? (number, or nothing to leave all as it is)");
  std::string answer;
  std::getline(std::cin, answer);
  std::size_t number = 0;
  for (const char c : answer) {
    if (c < '0' || c > '9' || number > choices.size()) return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  if (number == 0 || number > choices.size()) return std::nullopt;
  return InPlaceTarget{.snapshot = lost.versions[number - 1].snapshot,
                       .profile = lost.profile,
                       .paths = {lost.path},
                       .expected_live = {}};
}

Exit act(Session& session, Store& store, const std::vector<InPlaceTarget>& targets,
         const InPlaceOptions& in_place) {
  attempt_in_place(session, store, targets, in_place.event_type);
  std::vector<InPlaceReport> reports;
  HookedOperation operation;
  operation.name = "recovery";
  operation.known = target_facts(targets);
  operation.act = [&](HookFacts& facts) {
    reports = apply(store, targets, in_place, session.progress("recovering"));
    session.end_progress();
    tell_in_place(facts, reports);
    return judge_in_place(session, reports);
  };
  operation.changed = [&] { return changed_by(reports); };
  operation.show = [&](Exit exit) {
    show_recovered(session.view(), reports, exit);
    finish_in_place(session, store, reports);
  };
  return with_hooks(session, profiles_of(targets), operation);
}

Exit recover(const Options& options, Session& session, Level level) {
  const bool writes = !options.dry_run && !(options.pick && isatty(STDIN_FILENO) != 1);
  if (writes && !is_confirmed(session, kWarning, kRecoveryEvent, options.path)) {
    return Exit::NotConfirmed;
  }
  Store store = session.open_store(writes ? Access::Write : Access::Read);
  if (writes) session.attempt(store, kRecoveryEvent, options.path);
  use_profile_around(session, store, options.path);
  const InPlaceOptions in_place = in_place_options(options);
  std::vector<InPlaceTarget> targets;
  if (!options.ref.empty()) {
    for (Selected& part : select(session, store, options.ref, {options.path})) {
      targets.push_back(
          in_place_target(session, store, std::move(part.snapshot), std::move(part.paths)));
    }
  } else {
    for (const Lost& lost : find_lost(session, store, options, level)) {
      if (!options.pick) {
        targets.push_back(choose(session, store, lost, in_place, level));
      } else if (auto target = pick(session, store, lost, in_place, options.path, level)) {
        targets.push_back(*std::move(target));
      }
    }
    if (options.pick && targets.empty()) return Exit::Done;
  }
  for (const InPlaceTarget& target : targets) {
    session.talk(fmt::format("from {}/{} of {}", target.snapshot.profile,
                             shown(target.snapshot.name), shown_time(target.snapshot.time)));
  }
  if (!options.dry_run) return act(session, store, targets, in_place);
  std::vector<RestorePlan> plans;
  for (const InPlaceTarget& target : targets) {
    plans.push_back(plan_restore(store, target, in_place, session.progress("comparing")));
  }
  session.end_progress();
  show_plans(session.view(), plans,
             fmt::format("{} recovery {} {} {}", session.command(),
                         level == Level::File ? "file" : "directory", shell_word(options.path),
                         shell_word(targets.front().snapshot.name)),
             Exit::Done);
  return Exit::Done;
}

/// The newest snapshot that is whole; the damaged ones before it are set apart.
/// Whatever was live before something was brought back is the last resort: it was given up once,
/// and a second recovery must not take the first one back.
std::optional<Snapshot> newest_intact(Session& session, Store& store, const std::string& profile,
                                      bool act) {
  std::vector<Snapshot> snapshots = list_snapshots(store, {.profile = profile});
  std::stable_partition(snapshots.begin(), snapshots.end(), [](const Snapshot& snapshot) {
    return snapshot.snapshot_class != SnapshotClass::Safety;
  });
  for (const Snapshot& snapshot : snapshots) {
    VerifyOptions check;
    check.snapshots = {snapshot};
    check.read_data = true;
    const VerifyReport report = verify(store, check, session.progress("checking"));
    const auto damage =
        std::find_if(report.problems.begin(), report.problems.end(),
                     [](const VerifyProblem& problem) { return !problem.signature; });
    if (damage == report.problems.end()) return snapshot;
    session.warn(fmt::format("{}/{} is damaged: {} {}", profile, shown(snapshot.name),
                             shown(damage->path), shown(damage->detail)));
    if (act && !snapshot.quarantined) {
      quarantine(store, snapshot, fmt::format("{} {}", damage->path, damage->detail));
    }
  }
  return std::nullopt;
}

/// The chain tells that it came to this, whatever becomes of it.
void begin_emergency(Session& session, Store& store) {
  session.attempt(store, kEmergencyEvent, {});
  std::vector<std::string> profiles = active_names(session, store);
  record_emergency(store, profiles);
  session.attempt(store, kRecoveryEvent, fmt::format("{}", fmt::join(profiles, " ")));
}

Exit emergency(const Options& options, Session& session) {
  if (!options.dry_run && !is_confirmed(session, kWarning, kEmergencyEvent, {})) {
    return Exit::NotConfirmed;
  }
  Store store = session.open_store(options.dry_run ? Access::Read : Access::Write);
  if (!options.dry_run) begin_emergency(session, store);
  std::vector<InPlaceTarget> targets;
  for (const std::string& name : active_names(session, store)) {
    auto intact = newest_intact(session, store, name, !options.dry_run);
    if (!intact) continue;
    session.talk(fmt::format("the newest intact snapshot is {}/{} of {}", name, shown(intact->name),
                             shown_time(intact->time)));
    targets.push_back(in_place_target(session, store, *std::move(intact), {}));
  }
  session.end_progress();
  if (targets.empty()) {
    throw Error(Errc::NotFound, "cannot recover", "no snapshot is intact",
                "see docs/recovery.md, \"With nothing but git\"; `stravinsky recovery guide`");
  }
  const InPlaceOptions in_place = in_place_options(options);
  if (!options.dry_run) return act(session, store, targets, in_place);
  std::vector<RestorePlan> plans;
  for (const InPlaceTarget& target : targets)
    plans.push_back(plan_restore(store, target, in_place));
  show_plans(session.view(), plans, session.command() + " recovery emergency", Exit::Done);
  return Exit::Done;
}

const std::vector<Exit> kStatuses = {Exit::Partial,     Exit::NoStore,   Exit::Locked,
                                     Exit::NotFound,    Exit::Damaged,   Exit::NotConfirmed,
                                     Exit::Changed,     Exit::NoSpace,   Exit::Denied,
                                     Exit::Interrupted, Exit::Terminated};

void add_level(CLI::App& group, Session& session, Level level, const char* name,
               const char* purpose, const char* word, const char* example) {
  auto options = std::make_shared<Options>();
  auto* cmd = group.add_subcommand(name, purpose);
  cmd->add_option(word, options->path, "live, or from the top of the snapshot")->required();
  cmd->add_option("REF", options->ref,
                  "the snapshot; default: the newest version that differs and passes its check");
  cmd->add_flag("--pick", options->pick, "list the versions and choose one");
  add_reload_option(cmd, session);
  cmd->add_flag("-n,--dry-run", options->dry_run, "print the plan and change nothing");
  if (level == Level::Directory) {
    cmd->add_flag("--delete", options->remove, "also remove what the snapshot does not have");
  }
  cmd->footer(help_footer(example, kStatuses));
  cmd->callback([options, &session, level] { session.exit = recover(*options, session, level); });
}

}  // namespace

void add_recovery(CLI::App& recovery, Session& session) {
  add_level(recovery, session, Level::File, "file", "Bring back one file", "PATH",
            "stravinsky recovery file ~/.claude/hooks/custom.md v0.3.8");
  add_level(recovery, session, Level::Directory, "directory", "Bring back one directory", "DIR",
            "stravinsky recovery directory ~/.claude/hooks");
  auto* guide = recovery.add_subcommand("guide", "What to do when something is lost or broken");
  guide->footer(help_footer("stravinsky recovery guide", {}));
  guide->callback([&session] { show_guide(session.view()); });
  auto options = std::make_shared<Options>();
  auto* cmd = recovery.add_subcommand(
      "emergency", "Bring back the newest intact snapshot and set damaged ones apart");
  add_reload_option(cmd, session);
  cmd->add_flag("-n,--dry-run", options->dry_run, "print the plan and change nothing");
  cmd->add_flag("--delete", options->remove, "also remove what the snapshot does not have");
  cmd->footer(help_footer("stravinsky recovery emergency", kStatuses));
  cmd->callback([options, &session] { session.exit = emergency(*options, session); });
}

}  // namespace stravinsky::cli
