#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "stravinsky/nearest.hpp"
#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"
#include "validators/settings_keys.hpp"

namespace stravinsky::hooks {
namespace {

struct Member {
  std::string_view name;
  enum class Type { Text, FilledText, Flag, Texts, TextMap, Map } type;
  bool is_required = false;
};
using Type = Member::Type;

struct HandlerKind {
  std::string_view name;
  std::vector<Member> members;
};

const std::vector<HandlerKind>& handler_kinds() {
  static const std::vector<HandlerKind> kinds = {
      {"command",
       {{"command", Type::FilledText, true},
        {"args", Type::Texts},
        {"async", Type::Flag},
        {"asyncRewake", Type::Flag},
        {"shell", Type::Text}}},
      {"prompt",
       {{"prompt", Type::FilledText, true},
        {"model", Type::Text},
        {"continueOnBlock", Type::Flag}}},
      {"agent", {{"prompt", Type::FilledText, true}, {"model", Type::Text}}},
      {"http",
       {{"url", Type::FilledText, true},
        {"headers", Type::TextMap},
        {"allowedEnvVars", Type::Texts}}},
      {"mcp_tool",
       {{"server", Type::FilledText, true},
        {"tool", Type::FilledText, true},
        {"input", Type::Map}}}};
  return kinds;
}

bool all_texts(const JsonValue& value) {
  const auto* list = value.as<JsonArray>();
  const auto* map = value.as<JsonObject>();
  const auto is_text = [](const JsonValue& one) { return one.as<std::string>() != nullptr; };
  if (list != nullptr) return std::all_of(list->begin(), list->end(), is_text);
  return map != nullptr && std::all_of(map->begin(), map->end(), [&](const JsonMember& member) {
           return is_text(member.value);
         });
}

/// What is wanted of a member, when it is something else; empty: it is right.
std::string_view judge(const JsonValue& value, Type type) {
  const auto* text = value.as<std::string>();
  switch (type) {
    case Type::Text:
      return text == nullptr ? "a string" : "";
    case Type::FilledText:
      return text == nullptr || text->empty() ? "a string that is not empty" : "";
    case Type::Flag:
      return value.as<bool>() == nullptr ? "true or false" : "";
    case Type::Texts:
      return value.as<JsonArray>() == nullptr || !all_texts(value) ? "an array of strings" : "";
    case Type::TextMap:
      return value.as<JsonObject>() == nullptr || !all_texts(value) ? "an object of strings" : "";
    case Type::Map:
      return value.as<JsonObject>() == nullptr ? "an object" : "";
  }
  return {};
}

/// The handlers and matchers of one event.
class EventEntries {
 public:
  EventEntries(std::string event, const TreeContext& context, Findings& findings)
      : event_(std::move(event)), context_(context), findings_(findings) {}

  void check(const JsonValue& groups) {
    const auto* list = groups.as<JsonArray>();
    if (list == nullptr) return;  // the schema has said so
    for (const JsonValue& group : *list) {
      if (const JsonValue* matcher = group.find("matcher")) check_matcher(*matcher);
      const JsonValue* handlers = group.find("hooks");
      const auto* items = handlers == nullptr ? nullptr : handlers->as<JsonArray>();
      if (items == nullptr) continue;
      for (const JsonValue& handler : *items) check_handler(handler);
    }
  }

 private:
  void check_matcher(const JsonValue& value) {
    const auto* matcher = value.as<std::string>();
    if (matcher == nullptr || matcher->empty() || *matcher == "*") return;
    if (!has_matcher(event_)) {
      return findings_.warning(value.at,
                               fmt::format("{} has no matcher: this one is ignored", event_));
    }
    constexpr std::string_view kNames =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_- ,|";
    const bool is_expression = matcher->find_first_not_of(kNames) != std::string::npos;
    if (is_expression && matcher->find(',') != std::string::npos) {
      return findings_.warning(
          value.at, fmt::format("{} is a regular expression, in which a comma stands for "
                                "itself: separate with '|'",
                                quoted(std::string_view(*matcher).substr(0, 80))));
    }
    if (is_expression) return;
    if (matcher->starts_with("mcp__") && matcher->find("__", 5) == std::string::npos) {
      findings_.warning(
          value.at, fmt::format("{} matches no tool: write '{}__.*'", quoted(*matcher), *matcher));
    }
  }

  void check_handler(const JsonValue& handler) {
    if (handler.as<JsonObject>() == nullptr) return;  // the schema has said so
    const JsonValue* type = handler.find("type");
    const auto* name = type == nullptr ? nullptr : type->as<std::string>();
    if (name == nullptr) {
      return findings_.error(handler.at, "the hook has no 'type', such as \"command\"");
    }
    const auto& kinds = handler_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const HandlerKind& one) { return one.name == *name; });
    if (kind == kinds.end()) {
      return findings_.error(type->at,
                             fmt::format("a hook of an unknown type {}: command, prompt, agent, "
                                         "http or mcp_tool",
                                         quoted(std::string_view(*name).substr(0, 40))));
    }
    check_members(handler, *kind);
    check_common(handler);
    if (*name == "command") check_script(handler);
  }

  void check_members(const JsonValue& handler, const HandlerKind& kind) {
    for (const Member& member : kind.members) {
      const JsonValue* value = handler.find(member.name);
      if (value == nullptr) {
        if (member.is_required) {
          findings_.error(handler.at,
                          fmt::format("a hook of type {} has no '{}'", kind.name, member.name));
        }
        continue;
      }
      if (const std::string_view wanted = judge(*value, member.type); !wanted.empty()) {
        findings_.error(value->at,
                        fmt::format("'{}' is {}, not {}", member.name, value->type_name(), wanted));
      }
    }
    for (const JsonMember& member : *handler.as<JsonObject>()) {
      static constexpr std::string_view kCommon[] = {"type", "timeout", "if", "statusMessage",
                                                     "once"};
      const bool is_known =
          std::find(std::begin(kCommon), std::end(kCommon), member.key) != std::end(kCommon) ||
          std::any_of(kind.members.begin(), kind.members.end(),
                      [&](const Member& one) { return one.name == member.key; });
      if (!is_known) {
        findings_.error(member.at,
                        fmt::format("unknown key {} in a hook of type {}",
                                    quoted(std::string_view(member.key).substr(0, 80)), kind.name));
      }
    }
  }

  void check_common(const JsonValue& handler) {
    if (const JsonValue* timeout = handler.find("timeout")) {
      const auto* whole = timeout->as<std::int64_t>();
      const auto* real = timeout->as<double>();
      const double seconds = whole != nullptr ? double(*whole) : real != nullptr ? *real : 0;
      if (!(seconds > 0))
        findings_.error(timeout->at, "'timeout' is not a number of seconds above 0");
    }
    if (const JsonValue* condition = handler.find("if")) {
      const auto* rule = condition->as<std::string>();
      if (rule == nullptr) {
        findings_.error(condition->at, "'if' is not a permission rule in a string");
      } else if (!is_tool_event(event_)) {
        findings_.warning(condition->at, fmt::format("a hook with 'if' never runs on {}", event_));
      } else if (const std::string reason = judge_permission_rule(*rule, false); !reason.empty()) {
        findings_.warning(condition->at, reason);
      }
    }
    if (const JsonValue* message = handler.find("statusMessage")) {
      if (message->as<std::string>() == nullptr) {
        findings_.error(message->at, "'statusMessage' is not a string");
      }
    }
    if (const JsonValue* shell = handler.find("shell")) {
      const auto* name = shell->as<std::string>();
      if (name != nullptr && *name != "bash" && *name != "powershell") {
        findings_.error(shell->at, "'shell' is neither \"bash\" nor \"powershell\"");
      }
    }
    if (const JsonValue* once = handler.find("once")) {
      findings_.warning(once->at, "'once' has a meaning in the front matter of skills only");
    }
  }

  void check_script(const JsonValue& handler) {
    const JsonValue* shell = handler.find("shell");
    if (shell != nullptr && shell->as<std::string>() != nullptr &&
        *shell->as<std::string>() == "powershell") {
      return;
    }
    const JsonValue* value = handler.find("command");
    const auto* command = value == nullptr ? nullptr : value->as<std::string>();
    if (command == nullptr || command->empty()) return;
    std::string line = *command;
    if (const JsonValue* args = handler.find("args")) {
      const auto* words = args->as<JsonArray>();
      if (words == nullptr) return;
      line = "'" + line + "'";
      for (const JsonValue& word : *words) {
        const auto* text = word.as<std::string>();
        if (text == nullptr || text->find('\'') != std::string::npos) return;
        line += " '" + *text + "'";
      }
    }
    check_command_script(line, value->at, context_, findings_);
  }

  std::string event_;
  const TreeContext& context_;
  Findings& findings_;
};

}  // namespace

void check_hook_entries(const JsonValue& hooks, const TreeContext& context, Findings& findings) {
  const auto* events = hooks.as<JsonObject>();
  if (events == nullptr) return;  // the schema has said so
  for (const JsonMember& member : *events) {
    const auto& known = hook_events();
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      // A name close to a known one is a slip; any other may be newer than this list.
      const auto near = find_nearest(member.key, known);
      findings.add(near ? Severity::Error : Severity::Warning, member.at,
                   fmt::format("unknown event {}: its hooks never run{}",
                               quoted(std::string_view(member.key).substr(0, 80)),
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
    EventEntries(member.key, context, findings).check(member.value);
  }
}

}  // namespace stravinsky::hooks
