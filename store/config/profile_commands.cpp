#include "config/profile_commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"

namespace stravinsky {
namespace {

constexpr std::uint64_t kDay = 24 * 60 * 60;
constexpr std::uint64_t kMostTries = 1000;
constexpr const char* kReload = "reload";
const std::vector<std::string> kHookKeys = {"command", "run", "essential", "timeout"};
const std::vector<std::string> kReloadKeys = {"command", "run", "essential", "timeout", "paths"};
const std::vector<std::string> kCheckKeys = {"command", "run", "timeout", "delay", "tries"};

bool is_moment(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return false;
  const auto is_one_of = [](std::string_view word, std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  return is_one_of(name.substr(0, dash), {"before", "after", "failed", "finally"}) &&
         is_one_of(name.substr(dash + 1),
                   {"snapshot", "update", "rollback", "restore", "recovery"});
}

/// What is run and for how long, of a hook or a check. @returns false: the member is another one
template <typename Command>
bool read_command_part(const ProfileValues& values, const JsonMember& part, Command& command) {
  if (part.key == "command") {
    command.command = values.text(part.value, part.key);
  } else if (part.key == "run") {
    command.words = values.texts(part);
  } else if (part.key == "timeout") {
    command.timeout_seconds = values.number(part, 1, kDay, "seconds");
  } else {
    return false;
  }
  return true;
}

template <typename Command>
void require_one_command(const ProfileValues& values, const JsonValue& value,
                         const Command& command, std::string_view what) {
  if (command.command.empty() == command.words.empty()) {
    throw values.fault(value, fmt::format("{} has either 'command' or 'run'", what));
  }
  if (!command.words.empty() && !command.words.front().starts_with('/')) {
    throw values.fault(value, "'run' begins with the absolute path of a program");
  }
}

/// @param paths  of a reload action; null: it is a hook, which has none
LifecycleHook read_hook(const ProfileValues& values, const JsonValue& value,
                        const std::string& moment, std::vector<std::string>* paths) {
  LifecycleHook hook;
  hook.moment = moment;
  hook.is_essential = moment.starts_with("before-");
  if (value.as<std::string>() != nullptr) {
    hook.command = values.text(value, moment);
    return hook;
  }
  for (const JsonMember& part : values.object(value, "a hook")) {
    if (read_command_part(values, part, hook)) continue;
    if (part.key == "essential") {
      const auto* flag = part.value.as<bool>();
      if (flag == nullptr) throw values.fault(part.value, "'essential' must be true or false");
      hook.is_essential = *flag;
    } else if (part.key == "paths" && paths != nullptr) {
      *paths = values.texts(part);
      // None at all would be an action that never runs, which nobody writes down on purpose.
      if (paths->empty()) throw values.fault(part.value, "'paths' names none");
    } else {
      values.warn_of_unknown(part, paths != nullptr ? kReloadKeys : kHookKeys);
    }
  }
  require_one_command(values, value, hook, "a hook");
  return hook;
}

HealthCheck read_check(const ProfileValues& values, const JsonValue& value) {
  HealthCheck check;
  if (value.as<std::string>() != nullptr) {
    check.command = values.text(value, "checks");
    return check;
  }
  for (const JsonMember& part : values.object(value, "a check")) {
    if (read_command_part(values, part, check)) continue;
    if (part.key == "delay") {
      check.delay_seconds = values.number(part, 0, kDay, "seconds");
    } else if (part.key == "tries") {
      check.tries = values.number(part, 1, kMostTries, "tries");
    } else {
      values.warn_of_unknown(part, kCheckKeys);
    }
  }
  require_one_command(values, value, check, "a check");
  return check;
}

}  // namespace

std::vector<LifecycleHook> read_hooks(const ProfileValues& values, const JsonValue& value) {
  std::vector<LifecycleHook> hooks;
  for (const JsonMember& member : values.object(value, "hooks")) {
    if (!is_moment(member.key)) {
      throw values.fault_at(member.at,
                            fmt::format("{} is no moment: write before-, after-, failed- or "
                                        "finally- with snapshot, update, rollback, restore or "
                                        "recovery",
                                        quoted(member.key)));
    }
    for (const JsonValue& item : values.array(member.value, member.key)) {
      hooks.push_back(read_hook(values, item, member.key, nullptr));
    }
  }
  return hooks;
}

std::vector<ReloadAction> read_reload(const ProfileValues& values, const JsonValue& value) {
  std::vector<ReloadAction> actions;
  for (const JsonValue& item : values.array(value, kReload)) {
    ReloadAction& action = actions.emplace_back();
    action.hook = read_hook(values, item, kReload, &action.paths);
  }
  return actions;
}

std::vector<HealthCheck> read_checks(const ProfileValues& values, const JsonValue& value) {
  std::vector<HealthCheck> checks;
  for (const JsonValue& item : values.array(value, "checks")) {
    checks.push_back(read_check(values, item));
  }
  return checks;
}

}  // namespace stravinsky
