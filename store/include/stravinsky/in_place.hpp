#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/profile.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// What happens to live entries that a snapshot does not have.
enum class Surplus : std::uint8_t {
  Keep,
  Remove,  ///< inside the roots, and only what the safety snapshot has captured
};

/// A snapshot to be brought back to where its profile lives.
struct InPlaceTarget {
  Snapshot snapshot;
  Profile profile;                 ///< with its live roots
  std::vector<std::string> paths;  ///< from the top of the snapshot; empty: all
  /// How the Content-SHA256 of the live tree begins, in hex, if a plan was shown; `none` where
  /// there was nothing. Any other tree is Changed. Empty: whatever is there.
  std::string expected_live;
};

struct InPlaceOptions {
  std::vector<std::string> include, exclude;  ///< gitignore patterns against the snapshot's paths
  Surplus surplus = Surplus::Keep;
  bool owner = true;         ///< set owner and group
  bool numeric_ids = false;  ///< by number, even where the names are known here
  bool verify = true;        ///< read every staged file back
  std::string event_type = "CHECKOUT";
  std::string backup_name;  ///< of the safety snapshot, with -2, -3, … where that is taken; empty:
                            ///< the time
  std::uint64_t undoes = 0;  ///< sequence of the event that this takes back; 0: none
};

/// One path of a plan.
struct PlanItem {
  enum class Action : std::uint8_t {
    Unchanged,
    Modify,  ///< it is there and differs
    Create,
    Delete,
    Skip,  ///< it differs and stays as it is, for `reason`
  };
  std::string path;  ///< from the top of the snapshot, raw bytes
  Action action = Action::Unchanged;
  EntryType type = EntryType::File;
  std::string reason;
};

/// What bringing a snapshot back in place would do. Counts are of entries other than directories.
struct RestorePlan {
  Snapshot snapshot;
  std::vector<PlanItem> items;         ///< sorted by path
  std::vector<RestoreIssue> issues;    ///< what cannot be set, or will have to be skipped
  std::vector<RestoreIssue> blockers;  ///< while there are any, nothing is done
  std::vector<Loss> losses;            ///< live, but not to be read, and in no issue: never touched
  /// Live directories that change as one, in a single step; the items say what differs in them.
  std::vector<std::string> whole_roots;
  std::uint64_t restored = 0, unchanged = 0, deleted = 0, skipped = 0;
  std::optional<Sha256> live;  ///< of the live tree; empty: no root exists
  bool changes_anything = false;
};

/// Compares the live tree with a snapshot, entry by entry, and touches nothing.
/// @throws Error NotFound (a path the snapshot does not have, no directory for a root), Invalid
/// (the
///               snapshot is of other roots, or a stream), Corrupt, Denied, Cancelled
RestorePlan plan_restore(const Store& store, const InPlaceTarget& target,
                         const InPlaceOptions& options, Progress& progress = no_progress());

/// What was done for one profile.
struct InPlaceReport {
  RestorePlan plan;                  ///< what was done, without the unchanged items
  std::optional<Snapshot> before;    ///< holds what was live; empty: nothing was
  bool backup_created = false;       ///< `before` was made for this
  std::optional<Snapshot> after;     ///< the live tree is this now: the target, or a mixture
  std::vector<RestoreIssue> issues;  ///< what is not as in the snapshot, and why
  std::vector<RestoreIssue> in_use;  ///< replaced while somebody wrote to it: where it is now
  std::uint64_t bytes_added = 0;
  std::vector<Loss> losses;  ///< what the safety snapshot could not read: never touched
};

/// Brings snapshots back to where they were taken, all of them or none: docs/format.md 14. The live
/// tree is captured first; then each entry changes places with one that is complete.
///
/// @param targets  at least one, no profile twice
/// @returns a report for each, in the same order
/// @throws Error as plan_restore, and: Changed (the live tree changed underneath: everything is as
///               it was), Conflict (an interrupted operation of the profile waits), Denied (an
///               entry is immutable, or may not be replaced), NoSpace, Locked, Cancelled, Io
std::vector<InPlaceReport> apply(Store& store, const std::vector<InPlaceTarget>& targets,
                                 const InPlaceOptions& options, Progress& progress = no_progress());

/// An operation that was interrupted, or one whose replaced files are still written to.
struct OperationInfo {
  std::string id;  ///< `op_` and 16 hex
  std::string event_type;
  Timestamp started;
  std::vector<std::string> profiles, targets;  ///< targets: the snapshots' refs
  std::size_t entries = 0;
  std::size_t switched = 0;        ///< of these
  bool is_running = false;         ///< its process lives
  bool is_published = false;       ///< it is done but for what is in `left`
  std::vector<RestoreIssue> left;  ///< replaced files that are kept: live path, and where they are
  std::string damage;              ///< its journal cannot be read, for this reason
};
/// Writes nothing.
std::vector<OperationInfo> list_operations(const Store& store);
/// The names of those that dead processes left before their event; no live file is looked at.
std::vector<std::string> list_interrupted(const Store& store);

enum class Recovery : std::uint8_t { Finish, Revert };
enum class AtWork : std::uint8_t { PassOver, WaitFor };
/// Ends operations that dead processes left, those that have only files to clear up included; those
/// of living ones are passed over, or waited for as long as `lock_wait` of the store. To finish
/// where the live tree was edited since is to revert, and so is what was being taken back already.
/// May itself be killed anywhere, and does nothing that another process does.
/// @returns a line for each that ended. @throws Error Io, Denied, NoSpace
std::vector<std::string> recover_operations(Store& store, Recovery how,
                                            Progress& progress = no_progress(),
                                            AtWork others = AtWork::PassOver);

}  // namespace stravinsky
