#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tree/directory_memo.hpp"

namespace stravinsky {

/// The directories of one stored tree by their paths. The way to the last one asked for is kept, so
/// paths in order cost only what they do not share with the one before. Keeps `directories` by
/// reference. Threads: one.
class StoredTree {
 public:
  StoredTree(DirectoryMemo& directories, const StoredDirectory& top)
      : directories_(&directories), top_(top) {}

  const StoredDirectory& top() const noexcept { return top_; }
  /// @param path  from the top; empty: the top itself
  /// @returns null: there is no such directory. @throws Error Corrupt, Hostile
  std::shared_ptr<const Directory> find_directory(const std::string& path);
  /// An entry below the top, or null; valid until the next call. @throws Error as find_directory
  const Node* find(const std::string& path);
  /// Its attributes, a directory's own ones included; empty: it is not there.
  std::optional<Entry> find_entry(const std::string& path);

 private:
  struct Level {
    std::string path;
    std::shared_ptr<const Directory> directory;
  };

  DirectoryMemo* directories_;
  StoredDirectory top_;
  std::vector<Level> levels_;  ///< from the top down to the last directory asked for
};

}  // namespace stravinsky
