#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"
#include "validators/settings_keys.hpp"

namespace stravinsky::hooks {
namespace {

using Json = nlohmann::json;

/// A key that stands twice has its last value, as readers have it.
Json convert(const JsonValue& value) {
  if (const auto* flag = value.as<bool>()) return *flag;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  if (const auto* real = value.as<double>()) return *real;
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* array = value.as<JsonArray>()) {
    Json result = Json::array();
    for (const JsonValue& item : *array) result.push_back(convert(item));
    return result;
  }
  if (const auto* object = value.as<JsonObject>()) {
    Json result = Json::object();
    for (const JsonMember& member : *object) result[member.key] = convert(member.value);
    return result;
  }
  return nullptr;
}

/// The schema, as text to look things up in and as what valijson made of it.
struct Compiled {
  Json document = settings_schema();
  valijson::Schema schema;

  Compiled() {
    valijson::SchemaParser parser;
    const valijson::adapters::NlohmannJsonAdapter adapter(document);
    parser.populateSchema(adapter, schema);
  }
};

const Compiled& compiled() {
  static const Compiled result;
  return result;
}

/// One step of valijson's path, which writes `[key]` and `[0]`.
std::string step_of(const std::string& written) {
  return written.size() < 2 ? written : written.substr(1, written.size() - 2);
}

/// Follows a complaint's path to the value it is about and to what the schema says of that.
struct Place {
  const JsonValue* value;
  const Json* schema;
  std::vector<std::string> steps;
};

const Json* schema_below(const Json* schema, const JsonValue& value, const std::string& step) {
  if (schema == nullptr) return nullptr;
  const auto member = [](const Json& from, const char* name) -> const Json* {
    const auto found = from.find(name);
    return found == from.end() || !found->is_object() ? nullptr : &*found;
  };
  if (value.as<JsonArray>() != nullptr) return member(*schema, "items");
  if (const Json* properties = member(*schema, "properties")) {
    if (const Json* one = member(*properties, step.c_str())) return one;
  }
  return member(*schema, "additionalProperties");
}

Place follow(const JsonValue& top, const std::vector<std::string>& context) {
  Place place{&top, &compiled().document, {}};
  for (std::size_t i = 1; i < context.size(); ++i) {  // the first is `<root>`
    const std::string step = step_of(context[i]);
    const Json* below = schema_below(place.schema, *place.value, step);
    const JsonValue* next = place.value->find(step);
    if (const auto* array = place.value->as<JsonArray>()) {
      const std::size_t index = std::strtoull(step.c_str(), nullptr, 10);
      next = index < array->size() ? &(*array)[index] : nullptr;
    }
    if (next == nullptr) break;
    place = {next, below, std::move(place.steps)};
    place.steps.push_back(step);
  }
  return place;
}

std::string dotted(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) text += (text.empty() ? "" : ".") + step;
  return quoted(std::string_view(text).substr(0, 120));
}

/// What the schema wants of a value, in words; empty when it says something else.
std::string wanted(const Json& schema) {
  if (const auto values = schema.find("enum"); values != schema.end()) {
    std::string list;
    for (const Json& one : *values)
      list += fmt::format("{}{}", list.empty() ? "" : ", ", one.dump());
    return fmt::format("one of {}", list);
  }
  const std::string type = schema.value("type", "");
  std::string text = type == "object"    ? "an object"
                     : type == "array"   ? "an array"
                     : type == "integer" ? "a whole number"
                     : type == "boolean" ? "true or false"
                     : type.empty()      ? ""
                                         : "a " + type;
  if (text.empty()) return text;
  if (const auto least = schema.find("minimum"); least != schema.end()) {
    text += fmt::format(" from {}", least->dump());
  }
  if (const auto most = schema.find("maximum"); most != schema.end()) {
    text += fmt::format(" to {}", most->dump());
  }
  if (schema.contains("minLength")) text += " that is not empty";
  if (schema.contains("minItems")) text += " that is not empty";
  if (schema.value("uniqueItems", false)) text += " in which nothing stands twice";
  return text;
}

std::string found(const JsonValue& value) {
  if (const auto* text = value.as<std::string>())
    return quoted(std::string_view(*text).substr(0, 60));
  if (const auto* number = value.as<std::int64_t>()) return fmt::format("{}", *number);
  return std::string(value.type_name());
}

std::string missing_member(const Place& place) {
  if (place.schema == nullptr || place.value->as<JsonObject>() == nullptr) return {};
  const auto required = place.schema->find("required");
  if (required == place.schema->end()) return {};
  for (const Json& name : *required) {
    if (place.value->find(name.get<std::string>()) == nullptr) {
      return fmt::format("{} has no {}", dotted(place.steps), name.dump());
    }
  }
  return {};
}

/// The first member that an object which takes no others should not have.
const JsonMember* unknown_member(const Place& place) {
  const auto* members = place.value->as<JsonObject>();
  if (members == nullptr || place.schema == nullptr) return nullptr;
  const auto others = place.schema->find("additionalProperties");
  if (others == place.schema->end() || *others != false) return nullptr;
  const auto properties = place.schema->find("properties");
  for (const JsonMember& member : *members) {
    if (properties == place.schema->end() || !properties->contains(member.key)) return &member;
  }
  return nullptr;
}

bool is_prefix(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  return outer.size() < inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

}  // namespace

bool check_settings_schema(const JsonValue& settings, Findings& findings) {
  const Json document = convert(settings);
  const valijson::adapters::NlohmannJsonAdapter adapter(document);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(compiled().schema, adapter, &results)) return true;

  std::vector<std::vector<std::string>> contexts;
  for (const auto& error : results) contexts.push_back(error.context);
  std::sort(contexts.begin(), contexts.end());
  contexts.erase(std::unique(contexts.begin(), contexts.end()), contexts.end());
  for (const auto& context : contexts) {
    // Whatever holds a wrong value is reported wrong itself: only the innermost says something.
    if (std::any_of(contexts.begin(), contexts.end(),
                    [&](const auto& other) { return is_prefix(context, other); })) {
      continue;
    }
    const Place place = follow(settings, context);
    const Severity severity = !place.steps.empty() && is_core_key(place.steps.front())
                                  ? Severity::Error
                                  : Severity::Warning;
    if (const JsonMember* member = unknown_member(place)) {
      findings.add(severity, member->at,
                   fmt::format("unknown key {} in {}", quoted(member->key), dotted(place.steps)));
    } else if (const std::string missing = missing_member(place); !missing.empty()) {
      findings.add(severity, place.value->at, missing);
    } else {
      const std::string expected = place.schema == nullptr ? std::string() : wanted(*place.schema);
      findings.add(severity, place.value->at,
                   fmt::format("{} is {}, not {}", dotted(place.steps), found(*place.value),
                               expected.empty() ? "what the schema of settings allows" : expected));
    }
  }
  return false;
}

}  // namespace stravinsky::hooks
