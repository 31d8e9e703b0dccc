#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace stravinsky::hooks {

/// What two sides made of one JSON value. Objects are merged member by member. A list that both
/// changed, each in its way, is a conflict, but for those of settings whose order means nothing:
/// the groups of hooks of an event, rules of permissions, and names of servers and directories.
/// These are merged as sets, in our order with their new ones behind, unless an item is gone on
/// both sides and only one has something new, or each something else: that may be its successor.
struct MergedJson {
  nlohmann::ordered_json value;
  /// JSON pointers of what both changed, each to something else. Ours is in `value` there.
  std::vector<std::string> conflicts;
};

/// Depth is that of the values. Never throws for what they hold.
MergedJson merge_json(const nlohmann::ordered_json& base, const nlohmann::ordered_json& ours,
                      const nlohmann::ordered_json& theirs);

}  // namespace stravinsky::hooks
