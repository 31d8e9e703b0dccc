#include "restore/side_trees.hpp"

#include "snapshots/snapshot_commit.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

StoredTree tree_of(const Store& store, const ObjectId& commit, const KnownNodes* known) {
  return {*store.parts().directories,
          read_snapshot_roots(*store.parts().database, read_side(store, commit)).top, known};
}

}  // namespace

Snapshot read_side(const Store& store, const ObjectId& commit) {
  return read_snapshot_commit(*store.parts().database, commit);
}

StoredTree SideTrees::target(const FileJournal& journal, std::size_t profile) const {
  return tree_of(store, journal.profiles[profile].target,
                 plans.empty() ? nullptr : &plans[profile]->target);
}

std::optional<StoredTree> SideTrees::before(const FileJournal& journal, std::size_t profile) const {
  const auto& commit = journal.profiles[profile].before;
  if (!commit) return std::nullopt;
  return tree_of(store, *commit, plans.empty() ? nullptr : &plans[profile]->live);
}

}  // namespace stravinsky
