#include "config/profile_values.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace stravinsky {

Error ProfileValues::fault(const JsonValue& value, const std::string& reason) const {
  return fault_at(value.at, reason);
}

Error ProfileValues::fault_at(JsonPosition at, const std::string& reason) const {
  return json_error(source_.file, at, fmt::format("in profile {}: {}", quoted(name_), reason),
                    std::string(kSettingsRemedy));
}

void ProfileValues::warn_of_unknown(const JsonMember& part,
                                    const std::vector<std::string>& known) const {
  source_.warnings.add(unknown_key(source_.file, part.at, part.key, known));
}

const JsonObject& ProfileValues::object(const JsonValue& value, std::string_view what) const {
  if (const auto* members = value.as<JsonObject>()) return *members;
  throw fault(value, fmt::format("{} must be an object, not {}", what, value.type_name()));
}

const JsonArray& ProfileValues::array(const JsonValue& value, std::string_view what) const {
  if (const auto* items = value.as<JsonArray>()) return *items;
  throw fault(value, fmt::format("{} must be an array, not {}", quoted(what), value.type_name()));
}

const std::string& ProfileValues::text(const JsonValue& value, std::string_view what) const {
  const auto* string = value.as<std::string>();
  if (string == nullptr) {
    throw fault(value, fmt::format("{} must be a string, not {}", quoted(what), value.type_name()));
  }
  if (string->empty() || string->find_first_of(std::string_view("\0\n", 2)) != std::string::npos) {
    throw fault(value, fmt::format("{} must not be empty and holds no NUL and no line break",
                                   quoted(what)));
  }
  return *string;
}

std::vector<std::string> ProfileValues::texts(const JsonMember& part) const {
  std::vector<std::string> all;
  for (const JsonValue& item : array(part.value, part.key)) all.push_back(text(item, part.key));
  return all;
}

std::uint64_t ProfileValues::number(const JsonMember& part, std::uint64_t least, std::uint64_t most,
                                    std::string_view unit) const {
  const auto* value = part.value.as<std::int64_t>();
  if (value == nullptr || *value < 0 || static_cast<std::uint64_t>(*value) < least ||
      static_cast<std::uint64_t>(*value) > most) {
    throw fault(part.value, fmt::format("{} must be a whole number of {} from {} to {}",
                                        quoted(part.key), unit, least, most));
  }
  return static_cast<std::uint64_t>(*value);
}

}  // namespace stravinsky
