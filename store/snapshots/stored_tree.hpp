#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tree/directory_memo.hpp"

namespace stravinsky {

/// Nodes of one stored tree that were read before, by their paths, so that no directory is read
/// again for one name. It keeps so many and then no more: what it lacks is read. Threads: any,
/// while nobody remembers.
class KnownNodes {
 public:
  void remember(const std::string& path, const Node& node);
  /// @param self  a directory's own attributes
  void remember(const std::string& path, const StoredDirectory& directory, const Entry& self);
  /// Null: not known. A directory that has attributes has its own ones.
  const Node* find(const std::string& path) const;

 private:
  static constexpr std::size_t kMostKept = 16384;  ///< about 8 MB
  std::unordered_map<std::string, Node> nodes_;
};

/// The directories of one stored tree by their paths. The way to the last one asked for is kept, so
/// paths in order cost only what they do not share with the one before. Keeps `directories` and
/// `known` by reference. Threads: one.
class StoredTree {
 public:
  /// @param known  nodes of this tree; null: none
  StoredTree(DirectoryMemo& directories, const StoredDirectory& top,
             const KnownNodes* known = nullptr)
      : directories_(&directories), known_(known), top_(top) {}

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

  const Node* find_known(const std::string& path) const {
    return known_ == nullptr ? nullptr : known_->find(path);
  }

  DirectoryMemo* directories_;
  const KnownNodes* known_;
  StoredDirectory top_;
  std::vector<Level> levels_;  ///< from the top down to the last directory asked for
};

}  // namespace stravinsky
