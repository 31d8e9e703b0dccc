#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshots/catalog_cache.hpp"
#include "snapshots/notes.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The snapshots of a profile, newest first: in the order of creation, which the story keeps even
/// when clocks went backwards; those that the story does not know last, by time.
///
/// A snapshot's commit is read when it is asked for, so that the newest of 10,000 costs one.
/// Keeps its arguments by reference. Threads: one at a time.
class Catalog {
 public:
  Catalog(Store::Parts& parts, const RefMap& refs, const std::string& profile,
          const CatalogCache& cache);

  /// How many tags the profile has, damaged ones included.
  std::size_t size() const noexcept { return places_.size(); }
  const ObjectId& commit(std::size_t i) const { return places_[i].commit; }
  /// The snapshot with notes applied; null for a tag that is no snapshot, or is damaged, which
  /// makes a remark.
  const Snapshot* find(std::size_t i);
  /// The same for the last time: the caller keeps it. @param i  one that `find` found
  Snapshot take(std::size_t i);
  /// Newest first, without the damaged ones, until `visit` returns false.
  void visit(const std::function<bool(const Snapshot&)>& visit);

 private:
  struct Place {
    std::string_view ref;  ///< its name in the RefMap, which outlives this
    ObjectId commit;
    std::size_t age = SIZE_MAX;  ///< 0 is the newest
    bool is_read = false;
    std::unique_ptr<Snapshot> snapshot;
  };
  void read(Place& place);
  void read_ages(const std::optional<ObjectId>& story);

  Store::Parts& parts_;
  const CatalogCache& cache_;
  std::vector<Place> places_;
  Notes notes_;
};

/// Where the cache of all snapshots' commits is.
std::string catalog_cache_path(const Store::Parts& parts);
/// Enters snapshots that were just published; makes the cache anew, from all of them, when there is
/// none. @param refs  after the publication. @throws Error: the cache is as it was, or cut short
void remember_snapshots(const Store::Parts& parts, const RefMap& refs,
                        const std::vector<std::string>& profiles);

/// One snapshot by its ref, with notes. @throws Error Corrupt
Snapshot read_snapshot(const Store::Parts& parts, const RefMap& refs, std::string_view ref,
                       const ObjectId& commit);

/// Profiles that have tags, sorted, with how many.
std::vector<std::pair<std::string, std::size_t>> profiles_of(const RefMap& refs);

/// `refs/tags/<profile>/`
std::string tags_of(std::string_view profile);

/// One commit of a story.
struct StoryLink {
  ObjectId id;
  std::optional<ObjectId> parent, snapshot;
};
/// Calls `visit` for each of a story's commits, newest first, until it returns false.
/// @param cache  null: every commit is read from the store
/// @throws Error Corrupt
void walk_story(const ObjectDatabase& database, const std::optional<ObjectId>& head,
                const CatalogCache* cache, const std::function<bool(const StoryLink&)>& visit);

}  // namespace stravinsky
