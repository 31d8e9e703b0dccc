#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "stravinsky/diff.hpp"
#include "tree/directory_memo.hpp"

namespace stravinsky {

/// One side of a comparison.
struct ComparedTree {
  StoredDirectory top;
  /// Reads a directory. Threads: any.
  std::function<std::shared_ptr<const Directory>(const StoredDirectory& stored,
                                                 const std::string& path)>
      read;
};

/// A tree of which all is in the store. Keeps `directories` by reference.
ComparedTree stored_tree(DirectoryMemo& directories, const StoredDirectory& top);

/// The same for a tree that is gone through once: what is read of it is not kept.
ComparedTree passing_tree(DirectoryMemo& directories, const StoredDirectory& top);

/// What differs between two trees, sorted by path. Directories of equal digest are not read.
std::vector<Change> compare_trees(const ComparedTree& a, const ComparedTree& b,
                                  const DiffOptions& options);

/// How two entries of one name differ; `code` '-' and no letter when they do not. Hints, chunking
/// and user names are not compared.
Change compare_entries(const Entry& before, const Entry& after);

}  // namespace stravinsky
