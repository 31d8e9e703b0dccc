#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kCalendar = "StartCalendarInterval";

class Job {
 public:
  Job(std::string_view path, const JsonValue& list, Findings& findings)
      : path_(path), list_(list), findings_(findings) {}

  void check() {
    check_label();
    check_program();
    for (const char* key : {"RunAtLoad", "Disabled"}) {
      want(key, "true or false",
           [](const JsonValue& value) { return value.as<bool>() != nullptr; });
    }
    want("KeepAlive", "true, false or a dictionary", [](const JsonValue& value) {
      return value.as<bool>() != nullptr || value.as<JsonObject>() != nullptr;
    });
    want("StartInterval", "a whole number of seconds above 0", [](const JsonValue& value) {
      const auto* seconds = value.as<std::int64_t>();
      return seconds != nullptr && *seconds > 0;
    });
    for (const char* key : {"WorkingDirectory", "StandardOutPath", "StandardErrorPath"}) {
      want(key, "a string", is_text);
    }
    want("Nice", "a whole number",
         [](const JsonValue& value) { return value.as<std::int64_t>() != nullptr; });
    want("ProcessType", "Background, Standard, Adaptive or Interactive",
         [](const JsonValue& value) {
           const auto* type = value.as<std::string>();
           return type != nullptr && (*type == "Background" || *type == "Standard" ||
                                      *type == "Adaptive" || *type == "Interactive");
         });
    want("EnvironmentVariables", "a dictionary of strings", [](const JsonValue& value) {
      const auto* map = value.as<JsonObject>();
      return map != nullptr && std::all_of(map->begin(), map->end(), [](const JsonMember& member) {
               return is_text(member.value);
             });
    });
    check_calendar();
    check_unknown();
  }

 private:
  static bool is_text(const JsonValue& value) { return value.as<std::string>() != nullptr; }

  template <typename Test>
  void want(const char* key, std::string_view wanted, Test&& test) {
    const JsonValue* value = list_.find(key);
    if (value != nullptr && !test(*value)) {
      findings_.error(value->at,
                      fmt::format("'{}' is {}, not {}", key, value->type_name(), wanted));
    }
  }

  void check_label() {
    const JsonValue* label = list_.find("Label");
    const auto* text = label == nullptr ? nullptr : label->as<std::string>();
    if (text == nullptr || text->empty()) {
      return findings_.error(label == nullptr ? list_.at : label->at,
                             "no 'Label' that is a string");
    }
    std::string_view name = path_.substr(path_.rfind('/') + 1);
    if (name.ends_with(".plist")) name.remove_suffix(6);
    if (name != *text) {
      findings_.warning(label->at, fmt::format("the label {} is not the name of the file",
                                               quoted(std::string_view(*text).substr(0, 120))));
    }
  }

  void check_program() {
    const JsonValue* words = list_.find("ProgramArguments");
    if (words == nullptr) {
      if (list_.find("Program") == nullptr) {
        findings_.error(list_.at, "neither 'Program' nor 'ProgramArguments'");
      }
      return want("Program", "a string", is_text);
    }
    const auto* items = words->as<JsonArray>();
    if (items == nullptr || items->empty() || !std::all_of(items->begin(), items->end(), is_text)) {
      findings_.error(words->at, "'ProgramArguments' is not an array of strings with a program");
    }
  }

  void check_calendar() {
    const JsonValue* value = list_.find(kCalendar);
    if (value == nullptr) return;
    if (const auto* many = value->as<JsonArray>()) {
      for (const JsonValue& one : *many) check_time(one);
    } else {
      check_time(*value);
    }
  }

  void check_time(const JsonValue& time) {
    const auto* members = time.as<JsonObject>();
    if (members == nullptr) {
      return findings_.error(time.at, fmt::format("a time of '{}' is {}, not a dictionary",
                                                  kCalendar, time.type_name()));
    }
    struct Unit {
      std::string_view name;
      std::int64_t least, most;
    };
    static constexpr Unit kUnits[] = {
        {"Minute", 0, 59}, {"Hour", 0, 23}, {"Day", 1, 31}, {"Weekday", 0, 7}, {"Month", 1, 12}};
    for (const JsonMember& member : *members) {
      const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                     [&](const Unit& one) { return one.name == member.key; });
      if (unit == std::end(kUnits)) {
        findings_.warning(member.at,
                          fmt::format("unknown key {} in '{}'", quoted(member.key), kCalendar));
        continue;
      }
      const auto* number = member.value.as<std::int64_t>();
      if (number == nullptr || *number < unit->least || *number > unit->most) {
        findings_.error(member.value.at, fmt::format("'{}' is not a whole number from {} to {}",
                                                     unit->name, unit->least, unit->most));
      }
    }
  }

  void check_unknown() {
    // Of launchd.plist(5): what is in use. A name that is not here is a slip, or rare.
    static constexpr std::string_view kKnown[] = {"Label",
                                                  "Program",
                                                  "ProgramArguments",
                                                  "StandardInPath",
                                                  "StandardOutPath",
                                                  "StandardErrorPath",
                                                  "RunAtLoad",
                                                  "WorkingDirectory",
                                                  "EnvironmentVariables",
                                                  "ProcessType",
                                                  "StartCalendarInterval",
                                                  "StartInterval",
                                                  "Nice",
                                                  "Disabled",
                                                  "KeepAlive",
                                                  "UserName",
                                                  "GroupName",
                                                  "InitGroups",
                                                  "RootDirectory",
                                                  "Umask",
                                                  "TimeOut",
                                                  "ExitTimeOut",
                                                  "ThrottleInterval",
                                                  "WatchPaths",
                                                  "QueueDirectories",
                                                  "StartOnMount",
                                                  "SoftResourceLimits",
                                                  "HardResourceLimits",
                                                  "LowPriorityIO",
                                                  "LowPriorityBackgroundIO",
                                                  "LaunchOnlyOnce",
                                                  "MachServices",
                                                  "Sockets",
                                                  "AbandonProcessGroup",
                                                  "EnableGlobbing",
                                                  "EnableTransactions",
                                                  "EnablePressuredExit",
                                                  "LimitLoadToSessionType",
                                                  "LimitLoadToHosts",
                                                  "LimitLoadFromHosts",
                                                  "SessionCreate",
                                                  "LegacyTimers",
                                                  "AssociatedBundleIdentifiers",
                                                  "BundleProgram",
                                                  "LaunchEvents",
                                                  "HopefullyExitsFirst",
                                                  "HopefullyExitsLast",
                                                  "Debug",
                                                  "WaitForDebugger",
                                                  "inetdCompatibility",
                                                  "OnDemand",
                                                  "ServiceIPC",
                                                  "MaterializeDatalessFiles",
                                                  "PreventsSleep",
                                                  "NSUIElement"};
    for (const JsonMember& member : *list_.as<JsonObject>()) {
      if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown)) {
        findings_.warning(member.at,
                          fmt::format("launchd knows no key {}",
                                      quoted(std::string_view(member.key).substr(0, 80))));
      }
    }
  }

  std::string_view path_;
  const JsonValue& list_;
  Findings& findings_;
};

}  // namespace

void check_launch_agent(std::string_view path, const JsonValue& list, Findings& findings) {
  // Other property lists have no rules that we know: a job is told by its place or its keys.
  const bool is_place = path.find("LaunchAgents/") != std::string_view::npos ||
                        path.find("LaunchDaemons/") != std::string_view::npos;
  const bool is_job = list.find("Label") != nullptr &&
                      (list.find("ProgramArguments") != nullptr || list.find("Program") != nullptr);
  if (list.as<JsonObject>() == nullptr) {
    if (is_place) findings.error(list.at, "the property list is no dictionary");
    return;
  }
  if (is_place || is_job) Job(path, list, findings).check();
}

}  // namespace stravinsky::hooks
