#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "stravinsky/json_text.hpp"

namespace stravinsky {

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  const JsonObject* object = as<JsonObject>();
  if (object == nullptr) return nullptr;
  for (const JsonMember& member : *object) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string_view JsonValue::type_name() const noexcept {
  constexpr std::string_view kNames[] = {"null",     "a boolean", "a whole number", "a number",
                                         "a string", "an array",  "an object"};
  return kNames[data.index()];
}

// By sorting: a hash table could be flooded, and comparing each with each takes for ever.
std::vector<JsonFault> find_repeated_keys(const JsonObject& object) {
  std::vector<const JsonMember*> sorted;
  sorted.reserve(object.size());
  for (const JsonMember& member : object) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const JsonMember* a, const JsonMember* b) {
    return std::tie(a->key, a->at) < std::tie(b->key, b->at);
  });
  std::vector<JsonFault> repeated;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->key != sorted[i - 1]->key) continue;
    repeated.push_back(
        {sorted[i]->at, fmt::format("the key {} stands twice, first in line {}",
                                    quoted(sorted[i]->key), sorted[i - 1]->at.line)});
  }
  return repeated;
}

Error json_error(const std::string& file, JsonPosition at, const std::string& reason,
                 std::string remedy) {
  return Error(
      Errc::Invalid,
      fmt::format("cannot use {}", quoted(fmt::format("{}:{}:{}", file, at.line, at.column))),
      reason, std::move(remedy));
}

}  // namespace stravinsky
