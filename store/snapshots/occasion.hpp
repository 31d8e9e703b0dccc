#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "index/stat_cache.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// What recording the live tree is the end of, when it is more than a snapshot.
struct Occasion {
  /// One profile, in the order of the options.
  struct Side {
    std::optional<Snapshot> before;  ///< the live tree was this
    Snapshot target;                 ///< and should have become this
    /// What was changed, as ScanOptions::only, if the stat cache knows all of it as it was just
    /// before. Empty: anything may have changed.
    std::optional<std::set<std::string>> touched;
  };
  std::string event_type;
  nlohmann::json extra = nlohmann::json::object();  ///< further members of the event
  std::vector<Side> sides;
};

/// What becomes of snapshots whose event cannot be written.
enum class Untold {
  Refused,  ///< nothing is left of them
  Kept,     ///< their pack is published, with a remark: who calls tells of them later
};

/// As create_snapshots, for a caller that holds the locks of the profiles.
///
/// With an occasion there is always exactly one event, of its type. A live tree that equals its
/// target needs no snapshot: `current` moves to the target, which is the report's `current`. To
/// know that, only what was touched is looked at. Any other live tree is captured as a mixture,
/// derived from `before`, that restores the target.
/// @param caches  set to what the scans saw, one for each report; may be null
std::vector<CreateReport> create_snapshots_locked(
    Store& store, const std::vector<CreateOptions>& options, const Occasion* occasion,
    std::vector<StatCache>* caches, Progress& progress, Untold untold = Untold::Refused);

}  // namespace stravinsky
