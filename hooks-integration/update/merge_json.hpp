#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace stravinsky::hooks {

/// What two sides made of one JSON value. Objects are merged member by member; lists, where both
/// changed them, as sets of items in our order with their new ones behind.
struct MergedJson {
  nlohmann::ordered_json value;
  /// JSON pointers of what both changed, each to something else. Ours is in `value` there.
  std::vector<std::string> conflicts;
};

/// Depth is that of the values. Never throws for what they hold.
MergedJson merge_json(const nlohmann::ordered_json& base, const nlohmann::ordered_json& ours,
                      const nlohmann::ordered_json& theirs);

}  // namespace stravinsky::hooks
