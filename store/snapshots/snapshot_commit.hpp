#pragma once

#include <string>
#include <vector>

#include "objects/commit_object.hpp"
#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "signing/key.hpp"
#include "stravinsky/snapshot.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// Adds the signed commit of a snapshot and returns its id.
/// @param snapshot   everything but `commit` and `ref`
/// @param tree       of the live entries and `.stravinsky`
/// @param user       who acts
ObjectId write_snapshot_commit(ObjectWriter& writer, const Snapshot& snapshot, const ObjectId& tree,
                               const std::string& user, const signing::SigningKey& key);

/// Adds the unsigned commit of a release.
/// @param release  everything but `commit` and `ref`; its name ends in `kReleaseSuffix`
/// @param parent   the release before; empty for the first
ObjectId write_release_commit(ObjectWriter& writer, const Snapshot& release, const ObjectId& tree,
                              const std::optional<ObjectId>& parent, const std::string& user,
                              const std::string& principal);

/// Adds the story's commit for a snapshot.
/// @param tree    of the live entries alone
/// @param parent  the story's head; empty for the first
ObjectId write_story_commit(ObjectWriter& writer, const Snapshot& snapshot, const ObjectId& tree,
                            const std::optional<ObjectId>& parent, const std::string& user,
                            const std::string& principal);

/// Reads a snapshot's commit; the words that notes may change are those of the commit.
/// @throws Error Corrupt: not a snapshot's commit
Snapshot read_snapshot_commit(const ObjectDatabase& database, const ObjectId& commit);
/// The same from the commit's bytes, which the caller has checked against its id.
Snapshot parse_snapshot_commit(std::string_view bytes, const ObjectId& commit);

/// Adds the tree of a snapshot: its entries and `.stravinsky`.
/// @param entries  of the top, as `content_entries` gives them
/// @param meta     of the top
ObjectId put_snapshot_tree(ObjectWriter& writer, std::vector<TreeEntry> entries,
                           const ObjectId& meta, const std::string& manifest);

/// The parts of a snapshot's tree.
struct SnapshotRoots {
  StoredDirectory top;  ///< `tree` is the commit's own, which holds `.stravinsky` too
  ObjectId manifest;    ///< the blob of snapshot.json
};
/// @throws Error Corrupt: the tree has not the shape of a snapshot
SnapshotRoots read_snapshot_roots(const ObjectDatabase& database, const Snapshot& snapshot);
/// The same by the commit alone: without the digest of the top.
SnapshotRoots read_snapshot_roots(const ObjectDatabase& database, const ObjectId& commit);

/// The name of the reserved directory at the top.
inline constexpr std::string_view kReserved = ".stravinsky";
/// What names of releases end in, and no others.
inline constexpr std::string_view kReleaseSuffix = "@release";

}  // namespace stravinsky
