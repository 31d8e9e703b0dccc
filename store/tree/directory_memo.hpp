#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tree/directory.hpp"

namespace stravinsky {

/// Reads stored directories and keeps them for a while, since the steps of one operation read the
/// same ones one after the other. What an id names never changes, so nothing kept is ever stale.
/// Threads: any.
class DirectoryMemo {
 public:
  /// @param most_entries  of all directories together that are kept; when it is full it starts anew
  explicit DirectoryMemo(const ObjectDatabase& database, std::size_t most_entries = 65536)
      : database_(database), most_entries_(most_entries) {}

  const ObjectDatabase& database() const noexcept { return database_; }
  /// @param path  from the top of the snapshot; empty at the top
  /// @throws Error as read_directory
  std::shared_ptr<const Directory> read(const StoredDirectory& stored, const std::string& path);
  /// The same, and keeps nothing new: for a tree that is gone through once.
  std::shared_ptr<const Directory> read_once(const StoredDirectory& stored,
                                             const std::string& path);

 private:
  using Key = std::pair<StoredDirectory, Position>;

  std::shared_ptr<const Directory> find(const Key& key);

  const ObjectDatabase& database_;
  const std::size_t most_entries_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Directory>> kept_;
  std::size_t entries_ = 0;  ///< of all that is kept
};

}  // namespace stravinsky
