#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "fs/fd.hpp"
#include "packs/object_database.hpp"
#include "restore/restore_log.hpp"
#include "restore/selection.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/restore.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// A directory that is never entered, such as the store.
struct ForbiddenDirectory {
  dev_t device = 0;
  ino_t inode = 0;
};

/// Where a tree is restored to.
struct RestoreTarget {
  fs::Fd directory;   ///< open for reading; empty: a dry run whose target is not there
  bool made = false;  ///< by us
  bool was_empty = false;
  std::vector<ForbiddenDirectory> forbidden;
};

/// Restores the selected part of a stored directory into an open one. One job a directory, or a
/// piece of a large one, on `threads` threads (0: one per processor); memory follows the depth of
/// the tree and its largest directory, not the number of files.
/// @throws Error NoSpace, Cancelled
void restore_tree(const ObjectDatabase& database, const StoredDirectory& top,
                  const Selection& selection, const RestoreOptions& options, RestoreTarget target,
                  std::size_t threads, RestoreLog& log, Progress& progress);

}  // namespace stravinsky
