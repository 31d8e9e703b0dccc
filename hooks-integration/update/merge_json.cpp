#include "update/merge_json.hpp"

#include <algorithm>
#include <utility>

namespace stravinsky::hooks {
namespace {

using Json = nlohmann::ordered_json;

/// A JSON pointer's step (RFC 6901).
std::string step(const std::string& key) {
  std::string escaped = "/";
  for (const char c : key) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

bool contains(const Json& list, const Json& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// What is in `all` and not in `others`.
Json without(const Json& all, const Json& others) {
  Json rest = Json::array();
  for (const Json& item : all) {
    if (!contains(others, item)) rest.push_back(item);
  }
  return rest;
}

class Merger {
 public:
  explicit Merger(std::vector<std::string>& conflicts) : conflicts_(conflicts) {}

  /// The three as pointers, null where a side has none; empty: it is gone.
  std::optional<Json> merge(const Json* base, const Json* ours, const Json* theirs,
                            const std::string& at) {
    const auto same = [](const Json* a, const Json* b) {
      return a == nullptr || b == nullptr ? a == b : *a == *b;
    };
    const auto value_of = [](const Json* value) {
      return value == nullptr ? std::nullopt : std::optional<Json>(*value);
    };
    if (same(ours, theirs) || same(base, theirs)) return value_of(ours);
    if (same(base, ours)) return value_of(theirs);
    if (ours != nullptr && theirs != nullptr) {
      static const Json no_members = Json::object();
      static const Json no_items = Json::array();
      if (ours->is_object() && theirs->is_object()) {
        return merge_objects(base != nullptr && base->is_object() ? *base : no_members, *ours,
                             *theirs, at);
      }
      if (ours->is_array() && theirs->is_array()) {
        return merge_lists(base != nullptr && base->is_array() ? *base : no_items, *ours, *theirs,
                           at);
      }
    }
    conflicts_.push_back(at.empty() ? "/" : at);
    return value_of(ours);
  }

 private:
  Json merge_objects(const Json& base, const Json& ours, const Json& theirs,
                     const std::string& at) {
    const auto member = [](const Json& object, const std::string& key) -> const Json* {
      const auto found = object.find(key);
      return found == object.end() ? nullptr : &*found;
    };
    Json merged = Json::object();
    const auto add = [&](const std::string& key) {
      auto value = merge(member(base, key), member(ours, key), member(theirs, key), at + step(key));
      if (value) merged[key] = *std::move(value);
    };
    for (const auto& [key, value] : ours.items()) add(key);
    for (const auto& [key, value] : theirs.items()) {
      if (!ours.contains(key)) add(key);
    }
    return merged;
  }

  Json merge_lists(const Json& base, const Json& ours, const Json& theirs, const std::string& at) {
    const Json our_removals = without(base, ours), their_removals = without(base, theirs);
    const Json our_additions = without(ours, base), their_additions = without(theirs, base);
    // An item that both took away to put another in its place was changed by both.
    const bool both_removed =
        std::any_of(our_removals.begin(), our_removals.end(),
                    [&](const Json& item) { return contains(their_removals, item); });
    if (both_removed && our_additions != their_additions && !our_additions.empty() &&
        !their_additions.empty()) {
      conflicts_.push_back(at.empty() ? "/" : at);
      return ours;
    }
    Json merged = Json::array();
    for (const Json& item : ours) {
      if (!contains(their_removals, item)) merged.push_back(item);
    }
    for (const Json& item : their_additions) {
      if (!contains(merged, item)) merged.push_back(item);
    }
    return merged;
  }

  std::vector<std::string>& conflicts_;
};

}  // namespace

MergedJson merge_json(const Json& base, const Json& ours, const Json& theirs) {
  MergedJson merged;
  // Both sides are there, so the result is.
  merged.value = Merger(merged.conflicts).merge(&base, &ours, &theirs, {}).value_or(Json());
  return merged;
}

}  // namespace stravinsky::hooks
