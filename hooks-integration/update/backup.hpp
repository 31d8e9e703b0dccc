#pragma once

#include <cstdint>
#include <vector>

#include "stravinsky/snapshot.hpp"
#include "update/run_update.hpp"

namespace stravinsky::hooks {

/// What is live before an update, in the store.
struct Backup {
  std::optional<Snapshot> snapshot;
  bool is_new = false;  ///< it was not what the current snapshot holds
  std::uint64_t bytes_added = 0;
  std::vector<Loss> losses;  ///< what could not be read; what vanished meanwhile is none
};

/// Makes one. @throws Error as create_snapshot
Backup back_up(Store& store, const UpdateRequest& request, Progress& progress);

}  // namespace stravinsky::hooks
