#include "update/merge_json.hpp"

#include <algorithm>
#include <array>
#include <string_view>
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

bool is_all(const Json& list, bool (*holds)(const Json& item)) {
  return std::all_of(list.begin(), list.end(), holds);
}

bool has_no_duplicates(const Json& list) {
  for (auto one = list.begin(); one != list.end(); ++one) {
    if (std::find(list.begin(), one, *one) != one) return false;
  }
  return true;
}

/// Lists of settings whose order means nothing: groups of hooks of one event, and names and rules
/// that are looked up. Anywhere else, as in arguments of a command, an item has its place.
bool is_place_of_set(std::string_view at, const Json& list) {
  constexpr std::string_view kHooks = "/hooks/";
  if (at.starts_with(kHooks) && at.find('/', kHooks.size()) == std::string_view::npos) {
    return is_all(list, [](const Json& item) { return item.is_object(); });
  }
  constexpr std::array<std::string_view, 6> kNames = {
      "/permissions/allow",     "/permissions/deny",
      "/permissions/ask",       "/permissions/additionalDirectories",
      "/enabledMcpjsonServers", "/disabledMcpjsonServers"};
  return std::find(kNames.begin(), kNames.end(), at) != kNames.end() &&
         is_all(list, [](const Json& item) { return item.is_string(); });
}

bool is_set(std::string_view at, const Json& list) {
  return is_place_of_set(at, list) && has_no_duplicates(list);
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
    // An item that is gone on both sides: what one of them has in its place the other did not want.
    const bool both_removed =
        std::any_of(our_removals.begin(), our_removals.end(),
                    [&](const Json& item) { return contains(their_removals, item); });
    const bool are_sets = is_set(at, base) && is_set(at, ours) && is_set(at, theirs);
    if (!are_sets || (both_removed && our_additions != their_additions)) {
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
