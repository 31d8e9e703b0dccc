#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/fd.hpp"
#include "packs/object_database.hpp"
#include "restore/restore_log.hpp"
#include "restore/selection.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/restore.hpp"
#include "tree/directory_memo.hpp"

namespace stravinsky {

/// A directory that is never entered, such as the store.
struct ForbiddenDirectory {
  dev_t device = 0;
  ino_t inode = 0;
};

/// A tree that is not yet where it belongs: its parts will be moved one by one.
///
/// 1. Directories above the parts stay closed (0700) and get no attributes.
/// 2. Nothing becomes immutable or append-only: it could not be moved.
struct StageRules {
  struct LiveName {
    std::shared_ptr<fs::Fd> directory;
    std::string name;
  };
  std::vector<std::string> parts;  ///< paths from the top, sorted
  /// The live name that stands for the first member of a hard-link group; empty when it is not as
  /// recorded. Called from one thread.
  std::function<std::optional<LiveName>(const std::string& path)> find_live;
};

/// Where a tree is restored to.
struct RestoreTarget {
  fs::Fd directory;   ///< open for reading; empty: a dry run whose target is not there
  bool made = false;  ///< by us
  bool was_empty = false;
  std::vector<ForbiddenDirectory> forbidden;
  std::shared_ptr<const StageRules> stage;  ///< null: it is where it belongs
  DirectoryMemo* directories = nullptr;     ///< null: each is read once, and none is kept
};

/// Restores the selected part of a stored directory into an open one. One job a directory, or a
/// piece of a large one, on `threads` threads (0: one per processor); memory follows the depth of
/// the tree and its largest directory, not the number of files.
/// @throws Error NoSpace, Cancelled
void restore_tree(const ObjectDatabase& database, const StoredDirectory& top,
                  const Selection& selection, const RestoreOptions& options, RestoreTarget target,
                  std::size_t threads, RestoreLog& log, Progress& progress);

}  // namespace stravinsky
