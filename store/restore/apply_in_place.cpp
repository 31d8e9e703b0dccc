// Bringing back in place. Line n may be the last one that runs; what is left then:
//   1  a safety snapshot             it stays: it is what was live (of one that no event tells of
//                                    the objects, which is no harm: nothing live was touched)
//   2                                as in stage_operation.cpp
//   3                                as in finish_operation.cpp
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "restore/fill_stage.hpp"
#include "restore/finish_operation.hpp"
#include "restore/report_in_place.hpp"
#include "restore/require_path.hpp"
#include "restore/require_same_places.hpp"
#include "restore/stage_operation.hpp"
#include "snapshots/names.hpp"
#include "snapshots/notes.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/tell_snapshots.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky {
namespace {

using Issues = std::vector<RestoreIssue>;

/// One profile on its way.
struct Part {
  Profile profile;  ///< laid out as the target
  InPlaceReport report;
  std::optional<Selection> selection;
  std::optional<StatCache> seen;
  std::uint64_t live_files = 0;
  bool is_untold = false;           ///< the capture has no event yet
  std::optional<Snapshot> current;  ///< when it was made
};

constexpr std::string_view kNothingLive = "none";

void require_as_planned(const InPlaceTarget& target, std::string_view live,
                        const std::vector<Loss>& lost = {}) {
  if (live.starts_with(target.expected_live)) return;
  std::string why = fmt::format("the live tree of profile {} changed since the plan was made",
                                quoted(target.profile.name));
  if (!lost.empty()) {
    why += fmt::format("; {} cannot be read: {}", quoted(lost.front().path), lost.front().reason);
  }
  throw Error(Errc::Changed, "cannot do what was planned", why, "look at the plan again");
}

class InPlace {
 public:
  InPlace(Store& store, const std::vector<InPlaceTarget>& targets, const InPlaceOptions& options,
          Progress& progress)
      : store_(store),
        database_(*store.parts().database),
        targets_(targets),
        options_(options),
        progress_(progress),
        owners_(options.owner, options.numeric_ids),
        parts_(targets.size()),
        staged_(targets.size()),
        logs_(targets.size()) {}

  std::vector<InPlaceReport> run() {
    prepare();
    capture();  // 1
    plan();
    const bool changes = std::any_of(staged_.begin(), staged_.end(), [](const StagedProfile& one) {
      return one.plan.shown.changes_anything;
    });
    if (changes) {
      FileJournal intent = journal();
      OpenOperation operation(std::move(intent), std::move(live_));
      operation.is_just_captured = true;
      stage(operation);        // 2
      switch_over(operation);  // 3
      live_ = std::move(operation.live);
    } else {
      forget_untold();
    }
    std::vector<InPlaceReport> reports;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Part& part = parts_[i];
      const bool all =
          targets_[i].paths.empty() && options_.include.empty() && options_.exclude.empty();
      reports.push_back(report_in_place(store_, live_[i], staged_[i], logs_[i],
                                        all ? std::optional(part.live_files) : std::nullopt,
                                        std::move(part.report)));
    }
    return reports;
  }

 private:
  void prepare() {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const InPlaceTarget& target = targets_[i];
      StagedProfile& one = staged_[i];
      one.wanted = &target;
      one.target = read_snapshot_roots(database_, target.snapshot).top;
      parts_[i].selection.emplace(target.paths, options_.include, options_.exclude);
      for (const std::string& path : parts_[i].selection->paths()) {
        require_path(database_, one.target, path, target.snapshot.name);
      }
      const auto recorded = read_recorded_roots(store_, target.snapshot);
      parts_[i].profile = lay_out_as(target.profile, recorded);
      live_.emplace_back(parts_[i].profile);
      require_same_places(live_.back(), recorded, target.snapshot);
    }
  }

  /// The name that was asked for, as it is free in all profiles; empty: the time has to do.
  std::string free_backup_name() const {
    const std::string& wanted = options_.backup_name;
    if (wanted.empty()) return {};
    const std::shared_ptr<const RefMap> held = store_.parts().read_refs();
    const RefMap& refs = *held;
    std::vector<UsedNames> used;
    for (const InPlaceTarget& target : targets_) {
      const auto notes = refs.find(notes_ref(target.profile.name).str());
      const auto head = notes == refs.end() ? std::nullopt : std::optional(notes->second);
      used.emplace_back(refs, target.profile.name, read_notes(database_, head));
    }
    std::string name = free_name(wanted, used);
    return fault_of_name(name) ? std::string() : name;
  }

  /// Without a journal nobody tells of a capture; it is the target's content that it holds.
  void forget_untold() {
    for (Part& part : parts_) {
      if (!part.is_untold) continue;
      part.report.backup_created = false;
      part.report.before = part.current;
    }
  }

  /// Whatever is live is in the store before any of it is touched.
  void capture() {
    std::vector<CreateOptions> options;
    std::vector<std::size_t> captured;
    const std::string name = free_backup_name();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (!live_[i].any_there()) {
        require_as_planned(targets_[i], kNothingLive);
        continue;
      }
      CreateOptions create;
      create.profile = parts_[i].profile;
      create.description =
          fmt::format("Auto-backup before restoring {}", targets_[i].snapshot.name);
      create.category = "auto-backup";
      create.name = name;
      create.snapshot_class = SnapshotClass::Safety;
      create.skip_if_unchanged = true;
      options.push_back(std::move(create));
      captured.push_back(i);
    }
    if (options.empty()) return;
    std::vector<StatCache> caches;
    const Untold untold =
        options_.event_type.starts_with(kAutoRollback) ? Untold::Kept : Untold::Refused;
    std::vector<CreateReport> reports =
        create_snapshots_locked(store_, options, nullptr, &caches, progress_, untold);
    for (std::size_t k = 0; k < captured.size(); ++k) {
      Part& part = parts_[captured[k]];
      CreateReport& made = reports[k];
      part.report.backup_created = made.snapshot.has_value();
      part.report.before = made.snapshot ? made.snapshot : made.current;
      part.current = made.current;
      part.report.bytes_added = made.bytes_added;
      if (untold == Untold::Kept && made.snapshot) {
        part.is_untold = !is_told(store_, made.snapshot->commit);
      }
      part.report.losses = made.losses;
      part.live_files = made.entries - made.directories;
      part.seen = std::move(caches[k]);
      const LiveRoots& live = live_[captured[k]];
      for (const LiveRoot& root : live.roots()) part.live_files += root.is_file;
      std::erase_if(part.report.losses, [&](const Loss& loss) { return live.is_missing(loss); });
      require_as_planned(targets_[captured[k]], part.report.before->content.hex(),
                         part.report.losses);
    }
  }

  void plan() {
    Issues blockers;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      StagedProfile& one = staged_[i];
      if (const auto& before = parts_[i].report.before) {
        one.live =
            passing_tree(*store_.parts().directories, read_snapshot_roots(database_, *before).top);
      }
      one.plan = make_switch_plan({.directories = *store_.parts().directories,
                                   .target = one.target,
                                   .live = one.live,
                                   .roots = live_[i],
                                   .selection = *parts_[i].selection,
                                   .wanted = targets_[i],
                                   .profile = parts_[i].profile,
                                   .options = options_,
                                   .owners = owners_,
                                   .lost = parts_[i].report.losses,
                                   .list_unchanged = false});
      for (const RestoreIssue& blocker : one.plan.shown.blockers) {
        blockers.push_back({live_[i].live_path(blocker.path), blocker.reason, true, false});
      }
    }
    if (blockers.empty()) return;
    std::string names;
    for (const RestoreIssue& blocker : blockers) {
      if (!names.empty()) names += ", ";
      names += quoted(blocker.path);
    }
    throw Error(Errc::Denied, fmt::format("cannot replace {}", names), blockers.front().reason,
                "nothing was changed; take the flags off: chattr -i -a FILE");
  }

  FileJournal journal() {
    FileJournal journal;
    journal.operation = new_operation_id();
    journal.event_type = options_.event_type;
    journal.undoes = options_.undoes;
    journal.sequence = store_.parts().head().event.sequence;
    journal.started = store_.parts().now();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      JournalProfile& profile = journal.profiles.emplace_back();
      profile.profile = parts_[i].profile;
      if (const auto& before = parts_[i].report.before) {
        profile.before = before->commit;
        if (parts_[i].is_untold) profile.untold_ref = before->ref;
      }
      profile.target = targets_[i].snapshot.commit;
      profile.target_ref = targets_[i].snapshot.ref;
      for (const LiveRoot& root : live_[i].roots()) {
        profile.roots.push_back({root.mount, root.path, root.is_file});
      }
    }
    return journal;
  }

  void stage(OpenOperation& operation) {
    std::vector<std::optional<SeenEntries>> seen(parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].seen) seen[i].emplace(*parts_[i].seen);
    }
    stage_operation(store_, operation, {staged_, seen, options_, logs_}, progress_);
  }

  void switch_over(OpenOperation& operation) {
    SideTrees sides{store_, options_.owner, options_.numeric_ids, {}};
    for (const StagedProfile& one : staged_) sides.plans.push_back(&one.plan);
    Finished finished;
    try {
      finished = finish_operation(store_, operation, sides, progress_);
    } catch (const Error& error) {
      const std::optional<Issues> left = take_back(operation, sides, error);
      if (!left) {
        throw Error(error.code(), error.what(),
                    "all is brought back and recorded, but what it replaced is not cleared up",
                    "the next command that writes does that, or: stravinsky operations finish");
      }
      if (left->empty()) throw;
      std::string also;
      for (const RestoreIssue& issue : *left) {
        also += fmt::format("; {}: {}", quoted(issue.path), issue.reason);
      }
      throw Error(error.code(), error.what(), "everything else is as it was" + also,
                  is_open(operation) ? and_then_revert(error.remedy()) : error.remedy());
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      CreateReport& recorded = finished.recorded[i];
      parts_[i].report.after = recorded.snapshot ? recorded.snapshot : recorded.current;
      parts_[i].report.bytes_added += recorded.bytes_added;
    }
    // They stand by live paths and so belong to no profile: the first tells of them.
    Part& first = parts_.front();
    first.report.in_use = std::move(finished.in_use);
    for (RestoreIssue& issue : finished.issues) first.report.issues.push_back(std::move(issue));
  }

  /// @returns what could not be taken back; nothing if the operation has its event, and so stands
  std::optional<Issues> take_back(OpenOperation& operation, const SideTrees& sides,
                                  const Error& why) {
    try {
      if (find_outcome(store_, operation.journal)) return std::nullopt;
      return revert_operation(store_, operation, sides, why.what());
    } catch (const Error& error) {
      throw Error(error.code(), why.what(),
                  fmt::format("nor can it be taken back now ({}), so some names are new and some "
                              "old; the safety snapshot has what was live",
                              error.what()),
                  and_then_revert(error.remedy()));
    }
  }

  /// Whether its journal stands, as it does where it cannot be read.
  bool is_open(const OpenOperation& operation) const {
    try {
      return find_journal(store_.parts(), operation.journal.operation).has_value();
    } catch (const Error&) {
      return true;
    }
  }

  /// What to do where a journal stands, after what keeps it from being cleared up now.
  static std::string and_then_revert(const std::string& remedy) {
    return fmt::format(
        "{}; the next command that writes then ends the operation, or: stravinsky operations "
        "revert",
        remedy.empty() ? "see to that" : remedy);
  }

  Store& store_;
  const ObjectDatabase& database_;
  const std::vector<InPlaceTarget>& targets_;
  const InPlaceOptions& options_;
  Progress& progress_;
  OwnerPolicy owners_;
  std::vector<LiveRoots> live_;
  std::vector<Part> parts_;
  std::vector<StagedProfile> staged_;
  std::vector<RestoreLog> logs_;
};

/// An operation that waits for its end must not find another one's work.
void require_nothing_pending(const Store& store, const std::vector<InPlaceTarget>& targets) {
  for (const std::string& name : list_journals(store.parts())) {
    const auto journal = find_journal(store.parts(), name);
    if (!journal || find_outcome(store, *journal)) continue;
    for (const JournalProfile& profile : journal->profiles) {
      const bool ours = std::any_of(targets.begin(), targets.end(), [&](const InPlaceTarget& one) {
        return one.profile.name == profile.profile.name;
      });
      if (!ours) continue;
      throw Error(Errc::Conflict, fmt::format("cannot change profile '{}'", profile.profile.name),
                  fmt::format("the operation {} was interrupted and waits", name),
                  "stravinsky operations finish, or stravinsky operations revert");
    }
  }
}

}  // namespace

std::vector<InPlaceReport> apply(Store& store, const std::vector<InPlaceTarget>& targets,
                                 const InPlaceOptions& options, Progress& progress) {
  store.parts().require_writable();
  std::vector<std::string> names;
  for (const InPlaceTarget& target : targets) names.push_back(target.profile.name);
  const std::vector<fs::Lock> locks = lock_profiles(store.parts(), std::move(names));
  require_nothing_pending(store, targets);
  return InPlace(store, targets, options, progress).run();
}

}  // namespace stravinsky
