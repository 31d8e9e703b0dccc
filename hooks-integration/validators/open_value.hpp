#pragma once

#include <string>
#include <utility>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

/// A collection that is read and not closed yet, as readers of events keep them on a stack.
struct OpenValue {
  JsonValue value;
  std::string key;  ///< objects: of the member to come
  JsonPosition key_at;
  bool has_key = false;

  /// Adds to the array, or under the key to the object.
  void put(JsonValue child) {
    if (auto* array = std::get_if<JsonArray>(&value.data)) {
      array->push_back(std::move(child));
      return;
    }
    std::get<JsonObject>(value.data).push_back({std::move(key), key_at, std::move(child)});
    has_key = false;
  }
};

/// Adds the keys that stand twice to what is wrong, as far as there is room.
inline void check_keys(const JsonObject& object, JsonReading& reading) {
  constexpr std::size_t kMostFaults = 1000;
  for (JsonFault& fault : find_repeated_keys(object)) {
    if (reading.faults.size() < kMostFaults) reading.faults.push_back(std::move(fault));
  }
}

}  // namespace stravinsky::hooks
