#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// One snapshot as `stravinsky/cache/snapshots` keeps it.
struct CatalogRecord {
  ObjectId story;                        ///< the story's commit that tells of it
  std::optional<ObjectId> story_parent;  ///< the one before
  ObjectId snapshot;
  std::string_view commit;  ///< the snapshot's commit object
};

/// The commits of all snapshots in one file, so that a list of 10,000 need not look up, read and
/// inflate 20,000 objects.
///
/// Never believed: a commit is taken only when it hashes to its id, an order only as far as the
/// story's ids lead through it, and what is missing is read from the store. Records are appended;
/// one that a crash cut short is passed over, as are those of snapshots long gone.
class CatalogCache {
 public:
  CatalogCache() = default;  ///< knows nothing
  /// Empty when the file is missing or cannot be read.
  explicit CatalogCache(const std::string& path);
  CatalogCache(const CatalogCache&) = delete;
  CatalogCache& operator=(const CatalogCache&) = delete;

  /// The bytes of a snapshot's commit, which hash to its id.
  std::optional<std::string_view> find_commit(const ObjectId& snapshot) const;
  /// By the story's commit.
  const CatalogRecord* find_story(const ObjectId& story) const;

  std::size_t size() const noexcept { return records_.size(); }

 private:
  std::string bytes_;
  std::vector<CatalogRecord> records_;  ///< views of `bytes_`
  std::unordered_map<ObjectId, std::size_t> by_story_, by_snapshot_;
};

std::string encode_record(const CatalogRecord& record);

}  // namespace stravinsky
