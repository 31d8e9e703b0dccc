#pragma once

#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The snapshots of a profile, newest first: in the order of creation, which the story keeps even
/// when clocks went backwards; those that the story does not know last, by time. Notes are applied.
/// A tag that is no snapshot, or is damaged, is left out with a remark.
std::vector<Snapshot> read_catalog(Store::Parts& parts, const RefMap& refs,
                                   const std::string& profile);

/// One snapshot by its ref, with notes. @throws Error Corrupt
Snapshot read_snapshot(const Store::Parts& parts, const RefMap& refs, const std::string& ref,
                       const ObjectId& commit);

/// Profiles that have tags, sorted, with how many.
std::vector<std::pair<std::string, std::size_t>> profiles_of(const RefMap& refs);

/// `refs/tags/<profile>/`
std::string tags_of(std::string_view profile);

/// Calls `visit` with the snapshot of each story commit, newest first, until it returns false.
/// @throws Error Corrupt
void walk_story(const ObjectDatabase& database, const std::optional<ObjectId>& head,
                const std::function<bool(const ObjectId& snapshot)>& visit);

}  // namespace stravinsky
