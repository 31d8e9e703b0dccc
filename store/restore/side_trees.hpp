#pragma once

#include <optional>
#include <vector>

#include "restore/switch_plan.hpp"
#include "snapshots/stored_tree.hpp"
#include "stravinsky/store.hpp"
#include "transaction/file_journal.hpp"

namespace stravinsky {

/// One side of a profile's operation, by the commit that the journal names. @throws Error Corrupt
Snapshot read_side(const Store& store, const ObjectId& commit);

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

}  // namespace stravinsky
