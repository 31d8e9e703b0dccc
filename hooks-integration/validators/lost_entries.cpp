#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

/// What a hook does, to find it again wherever it stands in its event.
std::vector<std::string> actions_of(const JsonValue& groups) {
  std::vector<std::string> actions;
  const auto* list = groups.as<JsonArray>();
  if (list == nullptr) return actions;
  for (const JsonValue& group : *list) {
    const JsonValue* hooks = group.find("hooks");
    const auto* handlers = hooks == nullptr ? nullptr : hooks->as<JsonArray>();
    if (handlers == nullptr) continue;
    for (const JsonValue& handler : *handlers) {
      for (const char* key : {"command", "prompt", "url", "tool"}) {
        const JsonValue* value = handler.find(key);
        const auto* text = value == nullptr ? nullptr : value->as<std::string>();
        if (text != nullptr) actions.push_back(*text);
      }
    }
  }
  return actions;
}

void check_lost_hooks(const JsonValue& previous, const JsonValue& now, Findings& findings) {
  const auto* before = previous.as<JsonObject>();
  if (before == nullptr) return;
  for (const JsonMember& event : *before) {
    const JsonValue* same = now.find(event.key);
    const std::vector<std::string> left =
        same == nullptr ? std::vector<std::string>() : actions_of(*same);
    for (const std::string& action : actions_of(event.value)) {
      if (std::find(left.begin(), left.end(), action) != left.end()) continue;
      findings.warning(same == nullptr ? now.at : same->at,
                       fmt::format("the hook {} on {} was there before and is gone",
                                   quoted(std::string_view(action).substr(0, 120)), event.key));
    }
  }
}

void check_lost_members(const JsonValue& previous, const JsonValue& now, std::string_view what,
                        Findings& findings) {
  const auto* before = previous.as<JsonObject>();
  if (before == nullptr) return;
  for (const JsonMember& member : *before) {
    if (now.find(member.key) != nullptr) continue;
    findings.warning(now.at, fmt::format("the {} {} was there before and is gone", what,
                                         quoted(std::string_view(member.key).substr(0, 80))));
  }
}

}  // namespace

void check_lost_entries(const JsonValue& previous, const JsonValue& now, Findings& findings) {
  check_lost_members(previous, now, "key", findings);
  const auto both = [&](const char* key, auto&& compare) {
    const JsonValue* before = previous.find(key);
    const JsonValue* after = now.find(key);
    if (before != nullptr && after != nullptr) compare(*before, *after);
  };
  both("hooks", [&](const JsonValue& before, const JsonValue& after) {
    check_lost_hooks(before, after, findings);
  });
  for (const char* key : {"mcpServers", "env"}) {
    both(key, [&](const JsonValue& before, const JsonValue& after) {
      check_lost_members(before, after, std::string_view(key) == "env" ? "variable" : "server",
                         findings);
    });
  }
}

}  // namespace stravinsky::hooks
