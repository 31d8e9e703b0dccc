#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

inline constexpr const char* kRunEvent = "RUN";

/// A command that was run between two snapshots.
struct RunFacts {
  struct Side {
    std::string profile;
    std::optional<Snapshot> before;  ///< holds what was live; empty: nothing was
    std::optional<Snapshot> after;   ///< what is live now; empty: no snapshot holds that
  };
  std::string command;  ///< its words, as for a shell
  int exit_status = 0;
  std::vector<std::string> failures;  ///< checks that failed, and how
  std::vector<Side> sides;            ///< one for each profile
  bool is_rolled_back = false;
  Timestamp started;
};

/// Says in the chain how a command ended, and what was live before and after it. The snapshots have
/// their own events. @throws Error as an operation
void record_run(Store& store, const RunFacts& facts);

}  // namespace stravinsky
