#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

/// What runs, and for which matcher of its event.
struct Hook {
  std::string matcher, action;
  bool operator==(const Hook&) const = default;
};

std::string matcher_of(const JsonValue& group) {
  const JsonValue* value = group.find("matcher");
  const auto* text = value == nullptr ? nullptr : value->as<std::string>();
  // All three match everything.
  return text == nullptr || *text == "*" ? std::string() : *text;
}

/// The hooks of one event, wherever they stand in it; as often as they do.
std::vector<Hook> hooks_of(const JsonValue& groups) {
  std::vector<Hook> found;
  const auto* list = groups.as<JsonArray>();
  if (list == nullptr) return found;
  for (const JsonValue& group : *list) {
    const JsonValue* hooks = group.find("hooks");
    const auto* handlers = hooks == nullptr ? nullptr : hooks->as<JsonArray>();
    if (handlers == nullptr) continue;
    for (const JsonValue& handler : *handlers) {
      for (const char* key : {"command", "prompt", "url", "tool"}) {
        const JsonValue* value = handler.find(key);
        const auto* text = value == nullptr ? nullptr : value->as<std::string>();
        if (text != nullptr) found.push_back({matcher_of(group), *text});
      }
    }
  }
  return found;
}

void check_lost_hooks(const JsonValue& previous, const JsonValue& now, Findings& findings) {
  const auto* before = previous.as<JsonObject>();
  if (before == nullptr) return;
  for (const JsonMember& event : *before) {
    const JsonValue* same = now.find(event.key);
    std::vector<Hook> left = same == nullptr ? std::vector<Hook>() : hooks_of(*same);
    for (const Hook& hook : hooks_of(event.value)) {
      const auto found = std::find(left.begin(), left.end(), hook);
      if (found != left.end()) {
        left.erase(found);
        continue;
      }
      const std::string of =
          hook.matcher.empty()
              ? std::string()
              : fmt::format(" for {}", quoted(std::string_view(hook.matcher).substr(0, 80)));
      findings.warning(
          same == nullptr ? now.at : same->at,
          fmt::format("the hook {} on {}{} was there before and is gone",
                      quoted(std::string_view(hook.action).substr(0, 120)), event.key, of));
    }
  }
}

/// The texts of a list; none of anything else.
std::vector<std::string> texts_of(const JsonValue* value) {
  std::vector<std::string> texts;
  const auto* list = value == nullptr ? nullptr : value->as<JsonArray>();
  if (list == nullptr) return texts;
  for (const JsonValue& item : *list) {
    if (const auto* text = item.as<std::string>()) texts.push_back(*text);
  }
  return texts;
}

/// A rule that is gone lets through, or asks about, what it did not before.
void check_lost_permissions(const JsonValue& previous, const JsonValue& now, Findings& findings) {
  for (const char* key : {"deny", "ask", "allow", "additionalDirectories"}) {
    const JsonValue* same = now.find(key);
    const std::vector<std::string> left = texts_of(same);
    for (const std::string& item : texts_of(previous.find(key))) {
      if (std::find(left.begin(), left.end(), item) != left.end()) continue;
      findings.warning(same == nullptr ? now.at : same->at,
                       fmt::format("{} in 'permissions.{}' was there before and is gone",
                                   quoted(std::string_view(item).substr(0, 120)), key));
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
  both("permissions", [&](const JsonValue& before, const JsonValue& after) {
    check_lost_permissions(before, after, findings);
  });
  for (const char* key : {"mcpServers", "env"}) {
    both(key, [&](const JsonValue& before, const JsonValue& after) {
      check_lost_members(before, after, std::string_view(key) == "env" ? "variable" : "server",
                         findings);
    });
  }
}

}  // namespace stravinsky::hooks
