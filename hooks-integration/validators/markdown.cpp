#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/front_matter.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

using Words = std::vector<std::string_view>;

bool is_one_of(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view parent_name(std::string_view path) {
  path = path.substr(0, path.rfind('/'));
  return path.substr(path.rfind('/') + 1);
}

/// Checks the fields of one front matter. Unknown keys are nobody's business: many are in use.
class Fields {
 public:
  Fields(const JsonValue& object, Findings& findings) : object_(object), findings_(findings) {}

  const JsonValue* find(std::string_view key) const { return object_.find(key); }

  void words(std::string_view key) {
    if (const JsonValue* value = find(key); value != nullptr && !is_words(*value)) {
      wrong(key, *value, "a string or a list of strings");
    }
  }
  void text(std::string_view key, std::size_t most = 0) {
    const JsonValue* value = find(key);
    if (value == nullptr) return;
    if (!is_scalar(*value)) return wrong(key, *value, "a string");
    const auto* string = value->as<std::string>();
    if (most > 0 && string != nullptr && string->size() > most) {
      findings_.warning(value->at, fmt::format("'{}' has more than {} characters", key, most));
    }
  }
  void flag(std::string_view key) {
    const JsonValue* value = find(key);
    if (value == nullptr || value->as<bool>() != nullptr) return;
    const auto* word = value->as<std::string>();
    const auto* number = value->as<std::int64_t>();
    const bool is_flag = (word != nullptr && is_one_of(*word, {"yes", "no", "on", "off"})) ||
                         (number != nullptr && (*number == 0 || *number == 1));
    if (!is_flag) wrong(key, *value, "true or false");
  }
  void one_of(std::string_view key, const Words& words) {
    const JsonValue* value = find(key);
    if (value == nullptr) return;
    const auto* word = value->as<std::string>();
    if (word != nullptr && is_one_of(*word, words)) return;
    std::string list;
    for (const std::string_view one : words)
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", one);
    wrong(key, *value, "one of " + list);
  }
  void object(std::string_view key) {
    const JsonValue* value = find(key);
    if (value != nullptr && value->as<JsonObject>() == nullptr) wrong(key, *value, "a map");
  }
  void whole(std::string_view key) {
    const JsonValue* value = find(key);
    if (value == nullptr) return;
    const auto* number = value->as<std::int64_t>();
    if (number == nullptr || *number < 1) wrong(key, *value, "a whole number from 1");
  }

  static bool is_scalar(const JsonValue& value) {
    return value.as<JsonArray>() == nullptr && value.as<JsonObject>() == nullptr;
  }

 private:
  static bool is_words(const JsonValue& value) {
    const auto* list = value.as<JsonArray>();
    return list == nullptr ? value.as<JsonObject>() == nullptr
                           : std::all_of(list->begin(), list->end(), is_scalar);
  }
  void wrong(std::string_view key, const JsonValue& value, std::string_view wanted) {
    findings_.warning(value.at, fmt::format("'{}' is {}, not {}", key, found(value), wanted));
  }
  static std::string found(const JsonValue& value) {
    const auto* word = value.as<std::string>();
    return word == nullptr ? std::string(value.type_name())
                           : quoted(std::string_view(*word).substr(0, 40));
  }

  const JsonValue& object_;
  Findings& findings_;
};

const Words kEfforts = {"low", "medium", "high", "xhigh", "max"};

void check_invocation(Fields& fields) {
  for (const char* key : {"name", "description", "when_to_use", "model", "agent"}) fields.text(key);
  for (const char* key :
       {"allowed-tools", "disallowed-tools", "argument-hint", "arguments", "paths"}) {
    fields.words(key);
  }
  for (const char* key : {"disable-model-invocation", "user-invocable", "background"}) {
    fields.flag(key);
  }
  if (fields.find("effort") != nullptr) fields.one_of("effort", kEfforts);
  if (fields.find("context") != nullptr) fields.one_of("context", {"fork"});
  if (fields.find("shell") != nullptr) fields.one_of("shell", {"bash", "powershell"});
  fields.text("compatibility", 500);
  fields.object("hooks");
}

bool is_skill_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
             std::string_view::npos &&
         name.front() != '-' && name.back() != '-' && name.find("--") == std::string_view::npos;
}

void check_skill(const ValidatedFile& file, const JsonValue& object, Fields& fields,
                 Findings& findings) {
  check_invocation(fields);
  fields.text("description", 1024);
  const JsonValue* description = fields.find("description");
  if (description == nullptr) {
    findings.warning(object.at, "no 'description': nothing says when to use the skill");
  }
  const JsonValue* name = fields.find("name");
  const auto* text = name == nullptr ? nullptr : name->as<std::string>();
  if (text == nullptr) return;
  if (!is_skill_name(*text)) {
    findings.warning(name->at, fmt::format("{} is no name of a skill: 1 to 64 of a-z, 0-9 and "
                                           "single hyphens between them",
                                           quoted(std::string_view(*text).substr(0, 80))));
  } else if (*text != parent_name(file.path)) {
    findings.warning(name->at,
                     fmt::format("the name {} is not that of its directory", quoted(*text)));
  }
}

/// What makes an agent be passed over in silence is an error.
void check_agent(const JsonValue& object, Fields& fields, Findings& findings) {
  const auto required = [&](std::string_view key) -> const std::string* {
    const JsonValue* value = fields.find(key);
    const auto* text = value == nullptr ? nullptr : value->as<std::string>();
    if (text != nullptr && !text->empty()) return text;
    findings.error(value == nullptr ? object.at : value->at,
                   fmt::format("no '{}': the agent is not loaded", key));
    return nullptr;
  };
  const std::string* name = required("name");
  required("description");
  if (name != nullptr && (name->starts_with('-') || name->find(':') != std::string::npos)) {
    findings.error(fields.find("name")->at,
                   "the name starts with '-' or holds ':': the agent is not loaded");
  }
  for (const char* key : {"tools", "disallowedTools", "skills"}) fields.words(key);
  for (const char* key : {"model", "initialPrompt"}) fields.text(key);
  fields.flag("background");
  fields.whole("maxTurns");
  fields.object("hooks");
  if (fields.find("effort") != nullptr) fields.one_of("effort", kEfforts);
  fields.one_of("permissionMode", {"default", "acceptEdits", "auto", "dontAsk", "bypassPermissions",
                                   "plan", "manual"});
  fields.one_of("memory", {"user", "project", "local"});
  fields.one_of("isolation", {"worktree"});
  fields.one_of("color", {"red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"});
}

void check_fields(const ValidatedFile& file, const JsonValue& object, Findings& findings) {
  Fields fields(object, findings);
  switch (file.kind) {
    case FileKind::Command:
      return check_invocation(fields);
    case FileKind::Skill:
      return check_skill(file, object, fields, findings);
    case FileKind::Agent:
      return check_agent(object, fields, findings);
    case FileKind::Rule:
      return fields.words("paths");
    case FileKind::OutputStyle:
      fields.text("name");
      fields.text("description");
      fields.flag("keep-coding-instructions");
      return fields.flag("force-for-plugin");
    default:
      return;
  }
}

}  // namespace

void check_markdown(const ValidatedFile& file, Findings& findings) {
  if (!is_utf8(file.content)) return findings.error({0, 0}, "the text is not UTF-8");
  const FrontMatter matter = read_front_matter(file.content, Severity::Error, findings);
  if (matter.fields) {
    check_fields(file, *matter.fields, findings);
  } else if (!matter.is_present && file.kind == FileKind::Agent && findings.empty()) {
    // A README beside the agents is no agent, and is passed over as it should be.
    findings.warning({1, 1},
                     "no front matter with 'name' and 'description': not loaded as an agent");
  }
}

}  // namespace stravinsky::hooks
