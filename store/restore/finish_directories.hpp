#pragma once

#include <vector>

#include "packs/object_database.hpp"
#include "restore/apply_attributes.hpp"
#include "restore/open_operation.hpp"
#include "restore/switch_plan.hpp"
#include "snapshots/stored_tree.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// The snapshots an operation goes between, and how what they record is set.
struct SideTrees {
  const Store& store;
  bool owner = true, numeric_ids = false;  ///< of the target; what was live is put back by number
  std::vector<const SwitchPlan*> plans;    ///< one for each profile; empty: nobody knows them now

  /// @param profile  of the journal
  StoredTree target(const FileJournal& journal, std::size_t profile) const;
  /// Empty: nothing was live.
  std::optional<StoredTree> before(const FileJournal& journal, std::size_t profile) const;
};

/// Gives every directory that is to get them the attributes of the target.
/// @returns what could not be set
std::vector<RestoreIssue> finish_directories(OpenOperation& operation, const SideTrees& sides);

/// Gives every directory that was there before the attributes it had. @returns what could not be
/// set
std::vector<RestoreIssue> put_back_directories(OpenOperation& operation, const SideTrees& sides);

enum class Sealing { Set, Clear };
/// Makes the entries that came immutable or append-only, as the target has them, or takes that from
/// those that are in the live tree. @returns what could not be set
std::vector<RestoreIssue> seal_entries(OpenOperation& operation, const SideTrees& sides,
                                       Sealing sealing);

/// One side of a profile's operation, by the commit that the journal names. @throws Error Corrupt
Snapshot read_side(const Store& store, const ObjectId& commit);

}  // namespace stravinsky
