// Line n may be the last one that runs; what a crash leaves, and what recovery does then:
//   1  some names switched           finishes, or reverts if others touched the live tree since
//   2  all names switched            as 1
//   3  durable, not recorded         as 1; a safety snapshot without its event gets that first
//   4  the event is published        only 5 is left: the journal's operation stands in the event
//   5  stages partly removed         as 4
//   6  no journal                    nothing
//   7  some names switched, to be switched back   reverts
//   8  all is back, something stays in a stage     as 7, but for directories
#include "restore/finish_operation.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "restore/clear_stages.hpp"
#include "restore/switch_entries.hpp"
#include "snapshots/path.hpp"
#include "snapshots/scan_profile.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/tell_snapshots.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/update.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

void append(std::vector<RestoreIssue>& all, std::vector<RestoreIssue> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Every filesystem that was written to, once.
void make_durable(OpenOperation& operation) {
  std::set<dev_t> done;
  const auto sync = [&](int fd, const std::string& path) {
    if (done.insert(fs::stat_of(fd, path).st_dev).second) fs::sync_filesystem(fd, path);
  };
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    if (operation.has_stage(i)) sync(operation.stage(i), operation.journal.stages[i].path);
  }
  for (const LiveRoots& live : operation.live) {
    for (const LiveRoot& root : live.roots()) {
      sync((root.directory ? root.directory : root.outer)->get(), root.path);
    }
  }
}

/// What the operation changes, with all directories above; empty: there is no telling, since a
/// whole directory takes the place of another, or of a root that was a file.
std::optional<std::set<std::string>> touched_paths(const FileJournal& journal,
                                                   std::size_t profile) {
  std::set<std::string> touched;
  const auto add = [&](std::string path) {
    while (!path.empty() && touched.insert(path).second) path = parent_path(path);
  };
  for (const JournalDirectory& directory : journal.profiles[profile].directories) {
    add(directory.path);
  }
  for (const JournalEntry& entry : journal.entries) {
    if (entry.profile != profile) continue;
    if (entry.kind == SwitchKind::Replace && (S_ISDIR(entry.old.mode) || entry.path.empty())) {
      return std::nullopt;
    }
    add(entry.path);
  }
  return touched;
}

Occasion occasion_of(const Store& store, const OpenOperation& operation) {
  const FileJournal& journal = operation.journal;
  Occasion occasion;
  occasion.event_type = journal.event_type;
  occasion.extra["operation"] = journal.operation;
  if (journal.undoes != 0) occasion.extra["undoes"] = journal.undoes;
  for (std::size_t i = 0; i < journal.profiles.size(); ++i) {
    const JournalProfile& profile = journal.profiles[i];
    Occasion::Side side;
    // Of a profile that was not there nothing was captured, and what no event tells of is not
    // `current`: the stat cache is of another tree.
    if (operation.is_just_captured && profile.before && profile.untold_ref.empty()) {
      side.touched = touched_paths(journal, i);
    }
    if (profile.before) side.before = read_side(store, *profile.before);
    side.target = read_side(store, profile.target);
    side.target.ref = profile.target_ref;
    occasion.sides.push_back(std::move(side));
  }
  return occasion;
}

std::vector<CreateOptions> record_options(const FileJournal& journal, const Occasion& occasion) {
  std::vector<CreateOptions> options;
  for (std::size_t i = 0; i < journal.profiles.size(); ++i) {
    CreateOptions create;
    create.profile = journal.profiles[i].profile;
    create.description = fmt::format("After bringing back {}", occasion.sides[i].target.name);
    create.category = "mixture";
    create.snapshot_class = SnapshotClass::Safety;
    options.push_back(std::move(create));
  }
  return options;
}

/// The event that the capture before the operation could not have.
void tell_of_before(Store& store, const FileJournal& journal) {
  std::vector<UntoldSnapshot> untold;
  for (const JournalProfile& profile : journal.profiles) {
    if (!profile.untold_ref.empty()) {
      untold.push_back({profile.before.value(), profile.untold_ref});
    }
  }
  tell_of_snapshots(store, untold);
}

/// A stage inside a root comes and goes without a trace in the time of the directory around it,
/// also when a crash came between.
void put_back_times(OpenOperation& operation, const Store& store, Outcome outcome) {
  for (const JournalStage& stage : operation.journal.stages) {
    if (!stage.inside || fs::exists(stage.path)) continue;
    const std::string holder = fs::parent_of(stage.path);
    FileTime time = stage.mtime;
    for (std::size_t i = 0; i < operation.journal.profiles.size(); ++i) {
      const JournalProfile& profile = operation.journal.profiles[i];
      for (const JournalDirectory& directory : profile.directories) {
        if (outcome == Outcome::Reverted || !directory.give ||
            operation.live[i].live_path(directory.path) != holder) {
          continue;
        }
        const auto entry =
            SnapshotTree(store, read_side(store, profile.target)).find(directory.path);
        if (entry && entry->mtime) time = *entry->mtime;
      }
    }
    const fs::Fd fd = fs::open_directory(holder);
    fs::AttributeSetter(fd.get(), fs::AttributeSetter::Kind::Open).set_mtime(time);
  }
}

std::vector<RestoreIssue> clear(Store& store, OpenOperation& operation, const SideTrees& sides,
                                const std::vector<Displaced>& displaced, Outcome outcome) {
  std::vector<RestoreIssue> kept = clear_stages(operation, sides, displaced);
  put_back_times(operation, store, outcome);
  // While a stage stands the journal does: only it tells the next command whose that is.
  const auto& stages = operation.journal.stages;
  const bool any_left = std::any_of(stages.begin(), stages.end(), [](const JournalStage& stage) {
    return fs::exists(stage.path);
  });
  if (kept.empty() && !any_left) remove_journal(store.parts(), operation.journal.operation);
  return kept;
}

/// Recovery tries again instead, and says so.
bool goes_on_without_event(const Store& store, const OpenOperation& operation, const Error& error) {
  const FileJournal& journal = operation.journal;
  return operation.is_just_captured && journal.event_type.starts_with(kAutoRollback) &&
         error.code() != Errc::Changed && error.code() != Errc::Cancelled &&
         !find_outcome(store, journal);
}

/// Where the kernel gives no lease, only /proc says that nobody writes to what was replaced.
void remark_unproved(Store::Parts& parts, const OpenOperation& operation,
                     const std::vector<Displaced>& displaced) {
  std::size_t count = 0;
  const Displaced* first = nullptr;
  for (const Displaced& one : displaced) {
    if (one.state != Displaced::State::Known || one.is_proved) continue;
    if (++count == 1) first = &one;
  }
  if (first == nullptr) return;
  const std::string path = quoted(operation.live_path(operation.journal.entries[first->entry]));
  parts.remark(fmt::format(
      "whether anybody writes to what {} was{} cannot be proved here; /proc shows nobody", path,
      count == 1 ? "" : fmt::format(", and to {} more file{},", count - 1, count == 2 ? "" : "s")));
}

/// Who asked for it may be told that all is as it was although no event says so and something has
/// to stay in a stage. Where the journal cannot be written, the way back counts for more.
void note_reverting(const Store::Parts& parts, FileJournal& journal) {
  if (journal.state == FileJournal::State::Reverting) return;
  journal.state = FileJournal::State::Reverting;
  try {
    write_journal(parts, journal);
  } catch (const Error&) {
    journal.state = FileJournal::State::Switching;
  }
}

/// What had to stay keeps the journal: whoever ends that is to do nothing, nor to put back what its
/// user may have changed since.
void keep_reverted(const Store::Parts& parts, FileJournal& journal) {
  if (!find_journal(parts, journal.operation)) return;
  const bool is_noted = journal.state == FileJournal::State::Reverting;
  journal.state = FileJournal::State::Reverting;
  for (JournalProfile& profile : journal.profiles) profile.directories.clear();
  try {
    write_journal(parts, journal);
  } catch (const Error& error) {
    if (is_noted) return;
    throw Error(error.code(), "all is as it was, but the next writing command would do it again",
                error.what(), "stravinsky operations revert");
  }
}

}  // namespace

Finished finish_operation(Store& store, OpenOperation& operation, const SideTrees& sides,
                          Progress& progress) {
  const FileJournal& journal = operation.journal;
  if (switch_forward(operation)) {  // 1
    store.parts().remark(
        "the filesystem cannot exchange two names: each that was replaced was absent for a moment");
  }
  const auto displaced = look_at_displaced(operation, sides);
  for (const Displaced& one : displaced) {
    if (one.state != Displaced::State::Changed) continue;
    const JournalEntry& entry = journal.entries[one.entry];
    throw Error(Errc::Changed, fmt::format("cannot replace {}", quoted(operation.live_path(entry))),
                one.reason, "run it again");
  }
  Finished finished;
  finished.issues = seal_entries(operation, sides, Sealing::Set);
  append(finished.issues, finish_directories(operation, sides));  // 2
  make_durable(operation);                                        // 3
  const Occasion occasion = occasion_of(store, operation);
  try {
    tell_of_before(store, journal);
    finished.recorded = create_snapshots_locked(store, record_options(journal, occasion), &occasion,
                                                nullptr, progress);  // 4
  } catch (const Error& error) {
    if (!goes_on_without_event(store, operation, error)) throw;
    store.parts().remark(fmt::format(
        "it is done, but the audit chain does not tell of it yet: {}; the next writing command "
        "records it",
        error.what()));
    for (const Occasion::Side& side : occasion.sides) {
      finished.recorded.emplace_back().current = side.target;
    }
    return finished;
  }
  finished.in_use = clear(store, operation, sides, displaced, Outcome::Done);  // 5, 6
  remark_unproved(store.parts(), operation, displaced);
  return finished;
}

std::vector<RestoreIssue> revert_operation(Store& store, OpenOperation& operation,
                                           const SideTrees& sides, const std::string& why) {
  Store::Parts& parts = store.parts();
  const FileJournal& journal = operation.journal;
  note_reverting(parts, operation.journal);
  seal_entries(operation, sides, Sealing::Clear);  // 7
  std::vector<RestoreIssue> issues = switch_back(operation);
  append(issues, put_back_directories(operation, sides));
  make_durable(operation);
  Event event;
  event.event_type = failure_of(journal.event_type);
  event.status = "failed";
  event.extra = {{"operation", journal.operation}, {"error", why}, {"action", "REVERTED"}};
  if (is_critical(event.event_type)) event.extra["level"] = "critical";
  for (const JournalProfile& profile : journal.profiles) {
    const Snapshot target = read_side(store, profile.target);
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", target.profile, target.name);
    ProfileChange change;
    change.profile = profile.profile.name;
    change.before = change.after = profile.before;
    if (profile.before) {
      change.version_before = change.version_after = read_side(store, *profile.before).version;
    }
    event.profiles.push_back(std::move(change));
  }
  bool is_told = true;
  try {
    tell_of_before(store, journal);
    record_event(parts, std::move(event), journal.started);
  } catch (const Error& error) {
    is_told = false;
    // Who asked for it is told that it is all taken back: the journal must not have it done later.
    if (!operation.is_just_captured || !issues.empty()) throw;
    parts.remark(
        fmt::format("all is as it was; the audit chain does not tell of it: {}", error.what()));
  }
  append(issues, clear_operation(store, operation, sides, Outcome::Reverted));
  if (!is_told) keep_reverted(parts, operation.journal);  // 8
  return issues;
}

std::optional<Outcome> find_outcome(const Store& store, const FileJournal& journal) {
  Store::Parts& parts = store.parts();
  for (const ChainLink& link : read_links_after(*parts.database, parts.head(), journal.sequence)) {
    const auto operation = link.event.extra.find("operation");
    if (operation == link.event.extra.end() || *operation != journal.operation) continue;
    return link.event.status == "success" ? Outcome::Done : Outcome::Reverted;
  }
  return std::nullopt;
}

std::vector<RestoreIssue> clear_operation(Store& store, OpenOperation& operation,
                                          const SideTrees& sides, Outcome outcome) {
  return clear(store, operation, sides, look_at_displaced(operation, sides), outcome);
}

}  // namespace stravinsky
