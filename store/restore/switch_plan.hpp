#pragma once

#include <optional>
#include <string>
#include <vector>

#include "restore/apply_attributes.hpp"
#include "restore/live_roots.hpp"
#include "restore/selection.hpp"
#include "snapshots/compare.hpp"
#include "snapshots/stored_tree.hpp"
#include "stravinsky/in_place.hpp"
#include "transaction/file_journal.hpp"

namespace stravinsky {

/// A name to be switched.
struct PlannedEntry {
  SwitchKind kind = SwitchKind::Add;
  std::string path;
  bool last = false;  ///< the profile's `switch_last` names it

  /// Additions, replacements, those that come last, removals.
  int rank() const noexcept {
    if (kind == SwitchKind::Remove) return 3;
    return last ? 2 : kind == SwitchKind::Add ? 0 : 1;
  }
};

struct PlannedDirectory {
  std::string path;
  bool is_new = false, give = false;  ///< as in JournalDirectory
};

/// A plan with what its execution needs besides what the user reads.
struct SwitchPlan {
  RestorePlan shown;
  std::vector<PlannedEntry> entries;          ///< in the order of switching
  std::vector<PlannedDirectory> directories;  ///< sorted by path
  std::vector<std::string> staged_paths;      ///< what has to be staged
  std::vector<std::string> left_out;          ///< live, and by the snapshot's rules no surplus
  std::uint64_t live_unlike = 0;  ///< live entries, no directories, that differ or are surplus
  KnownNodes target, live;        ///< what the entries and directories above are on each side
};

struct PlanSource {
  DirectoryMemo& directories;
  StoredDirectory target;            ///< the top of the snapshot
  std::optional<ComparedTree> live;  ///< empty: no root exists
  LiveRoots& roots;
  const Selection& selection;
  const InPlaceTarget& wanted;
  const Profile& profile;  ///< laid out as the snapshot
  const InPlaceOptions& options;
  OwnerPolicy& owners;
  const std::vector<Loss>& lost;  ///< what is live and could not be read, sorted by path
  bool list_unchanged = false;    ///< else they are counted by the caller where all is selected
};

/// Compares both trees entry by entry. Looks at live names only where something may stand that the
/// live side has not captured. @throws Error Corrupt, Hostile, Denied, Io
SwitchPlan make_switch_plan(const PlanSource& source);

}  // namespace stravinsky
