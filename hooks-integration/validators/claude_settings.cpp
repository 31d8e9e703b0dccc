#include <fmt/format.h>

#include <string>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

void check_rules(const JsonValue& permissions, Findings& findings) {
  for (const char* list : {"allow", "deny", "ask"}) {
    const JsonValue* rules = permissions.find(list);
    const auto* items = rules == nullptr ? nullptr : rules->as<JsonArray>();
    if (items == nullptr) continue;
    for (const JsonValue& item : *items) {
      const auto* rule = item.as<std::string>();
      if (rule == nullptr) continue;  // the schema has said so
      const std::string reason = judge_permission_rule(*rule, /*unknown_tool_matters=*/true);
      // The program drops a rule that it cannot read, and keeps the file: the user is less
      // protected, or asked more often, than was written.
      if (!reason.empty()) findings.warning(item.at, fmt::format("in '{}': {}", list, reason));
    }
  }
}

void check_environment(const JsonValue& environment, Findings& findings) {
  const auto* members = environment.as<JsonObject>();
  if (members == nullptr) return;
  for (const JsonMember& member : *members) {
    const bool is_name =
        !member.key.empty() && (member.key.front() < '0' || member.key.front() > '9') &&
        member.key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
    if (!is_name) {
      findings.warning(member.at, fmt::format("{} is no name of a variable: A-Z, 0-9 and '_'",
                                              quoted(std::string_view(member.key).substr(0, 80))));
    }
  }
}

}  // namespace

void check_settings(const ValidatedFile& file, const TreeContext& context, Findings& findings) {
  const std::optional<JsonValue> read = read_json_object(file.content, findings);
  if (!read) return;
  const JsonValue& top = *read;
  check_settings_schema(top, findings);
  if (const JsonValue* hooks = top.find("hooks")) check_hook_entries(*hooks, context, findings);
  if (const JsonValue* permissions = top.find("permissions")) check_rules(*permissions, findings);
  if (const JsonValue* environment = top.find("env")) check_environment(*environment, findings);
  if (const JsonValue* servers = top.find("mcpServers")) {
    findings.warning(servers->at, "'mcpServers' is not read here: it belongs into .mcp.json");
  }
  if (const JsonValue* line = top.find("statusLine")) {
    const JsonValue* command = line->find("command");
    const auto* text = command == nullptr ? nullptr : command->as<std::string>();
    if (text != nullptr) check_command_script(*text, command->at, context, findings);
  }
  if (file.previous) {
    const JsonReading before = read_json(*file.previous);
    if (before.value) check_lost_entries(*before.value, top, findings);
  }
}

}  // namespace stravinsky::hooks
