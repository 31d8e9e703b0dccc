#include "config/profile_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/text.hpp"
#include "stravinsky/nearest.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kMostWarnings = 100;
constexpr std::size_t kMostRoots = 1024;

const std::vector<std::string> kProfileKeys = {"roots", "exclude", "switch_last", "validators",
                                               "hooks", "reload",  "captures"};
constexpr std::int64_t kLongestHook = 24 * 60 * 60;
const std::vector<std::string> kHookKeys = {"command", "run", "essential", "timeout"};
/// What those of a reload action are besides.
constexpr const char* kReloadPaths = "paths";
const std::vector<std::string> kRootKeys = {"path", "mount", "include", "switch"};

/// Reads one profile; the members share what complaints need.
class ProfileReader {
 public:
  ProfileReader(const JsonMember& member, const ProfileSource& source)
      : member_(member), source_(source) {}

  Profile read() {
    if (!is_profile_name(member_.key)) {
      throw json_error(source_.file, member_.at,
                       fmt::format("{} cannot name a profile", quoted(member_.key)),
                       "use a-z, 0-9, '-', '_' and '.', at most 63, a letter or digit first");
    }
    Profile profile;
    for (Profile& builtin : builtin_profiles(source_.surroundings)) {
      if (builtin.name == member_.key) profile = std::move(builtin);
    }
    profile.name = member_.key;
    for (const JsonMember& part : object(member_.value, "a profile")) {
      if (part.key == "roots") {
        profile.roots = read_roots(part.value);
      } else if (part.key == "exclude") {
        profile.exclude = read_patterns(part);
      } else if (part.key == "switch_last") {
        profile.switch_last = read_patterns(part);
      } else if (part.key == "validators") {
        profile.validators = read_patterns(part);
      } else if (part.key == "hooks") {
        profile.hooks = read_hooks(part.value);
      } else if (part.key == "reload") {
        profile.reload = read_reload(part.value);
      } else if (part.key == "captures") {
        profile.captures = read_captures(part);
      } else {
        source_.warnings.add(unknown_key(source_.file, part.at, part.key, kProfileKeys));
      }
    }
    if (profile.roots.empty()) throw fault(member_.value, "a profile needs 'roots'");
    return profile;
  }

 private:
  std::string place(JsonPosition at) const {
    return fmt::format("{}:{}:{}", source_.file, at.line, at.column);
  }
  Error fault(const JsonValue& value, const std::string& reason) const {
    return json_error(source_.file, value.at,
                      fmt::format("in profile {}: {}", quoted(member_.key), reason),
                      std::string(kSettingsRemedy));
  }

  const JsonObject& object(const JsonValue& value, std::string_view what) const {
    if (const auto* members = value.as<JsonObject>()) return *members;
    throw fault(value, fmt::format("{} must be an object, not {}", what, value.type_name()));
  }
  const JsonArray& array(const JsonValue& value, std::string_view what) const {
    if (const auto* items = value.as<JsonArray>()) return *items;
    throw fault(value, fmt::format("{} must be an array, not {}", quoted(what), value.type_name()));
  }
  /// A string that a system call or a line of patterns can hold.
  const std::string& text(const JsonValue& value, std::string_view what) const {
    const auto* string = value.as<std::string>();
    if (string == nullptr) {
      throw fault(value,
                  fmt::format("{} must be a string, not {}", quoted(what), value.type_name()));
    }
    if (string->empty() ||
        string->find_first_of(std::string_view("\0\n", 2)) != std::string::npos) {
      throw fault(value, fmt::format("{} must not be empty and holds no NUL and no line break",
                                     quoted(what)));
    }
    return *string;
  }

  std::vector<std::string> read_patterns(const JsonMember& part) const {
    std::vector<std::string> patterns;
    for (const JsonValue& item : array(part.value, part.key)) {
      patterns.push_back(text(item, part.key));
    }
    return patterns;
  }

  std::vector<std::string> read_captures(const JsonMember& part) const {
    std::vector<std::string> names = read_patterns(part);
    const auto& known = capture_names();
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      throw fault(part.value, fmt::format("there is no capture {}; there are {}", quoted(name),
                                          fmt::join(known, ", ")));
    }
    return names;
  }

  /// `{"before-update": ["command", {"command": …, "essential": …, "timeout": …}]}`
  std::vector<LifecycleHook> read_hooks(const JsonValue& value) const {
    std::vector<LifecycleHook> hooks;
    for (const JsonMember& member : object(value, "hooks")) {
      if (!is_moment(member.key)) {
        throw json_error(source_.file, member.at,
                         fmt::format("in profile {}: {} is no moment: write before-, after-, "
                                     "failed- or finally- with snapshot, update, rollback, "
                                     "restore or recovery",
                                     quoted(member_.key), quoted(member.key)),
                         std::string(kSettingsRemedy));
      }
      for (const JsonValue& item : array(member.value, member.key)) {
        hooks.push_back(read_hook(item, member.key));
      }
    }
    return hooks;
  }

  static bool is_moment(std::string_view name) {
    const std::size_t dash = name.find('-');
    if (dash == std::string_view::npos) return false;
    const auto is_one_of = [](std::string_view word, std::initializer_list<const char*> words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    return is_one_of(name.substr(0, dash), {"before", "after", "failed", "finally"}) &&
           is_one_of(name.substr(dash + 1),
                     {"snapshot", "update", "rollback", "restore", "recovery"});
  }

  /// `["command", {"paths": ["agents/**"], "run": ["/bin/launchctl", …], …}]`
  std::vector<ReloadAction> read_reload(const JsonValue& value) const {
    std::vector<ReloadAction> actions;
    for (const JsonValue& item : array(value, "reload")) {
      ReloadAction& action = actions.emplace_back();
      const auto* members = item.as<JsonObject>();
      for (const JsonMember& part : members != nullptr ? *members : JsonObject()) {
        if (part.key != kReloadPaths) continue;
        action.paths = read_patterns(part);
        // None at all would be an action that never runs, which nobody writes down on purpose.
        if (action.paths.empty()) throw fault(part.value, "'paths' names none");
      }
      action.hook = read_hook(item, "reload");
    }
    return actions;
  }

  /// Of a reload action too, whose `paths` are read elsewhere.
  LifecycleHook read_hook(const JsonValue& value, const std::string& moment) const {
    LifecycleHook hook;
    hook.moment = moment;
    hook.is_essential = moment.starts_with("before-");
    if (value.as<std::string>() != nullptr) {
      hook.command = text(value, moment);
      return hook;
    }
    for (const JsonMember& part : object(value, "a hook")) {
      if (part.key == "command") {
        hook.command = text(part.value, part.key);
      } else if (part.key == "run") {
        for (const JsonValue& word : array(part.value, part.key)) {
          hook.words.push_back(text(word, part.key));
        }
      } else if (part.key == "essential") {
        const auto* flag = part.value.as<bool>();
        if (flag == nullptr) throw fault(part.value, "'essential' must be true or false");
        hook.is_essential = *flag;
      } else if (part.key == "timeout") {
        const auto* seconds = part.value.as<std::int64_t>();
        if (seconds == nullptr || *seconds < 1 || *seconds > kLongestHook) {
          throw fault(part.value, fmt::format("'timeout' must be a whole number of seconds from 1 "
                                              "to {}",
                                              kLongestHook));
        }
        hook.timeout_seconds = static_cast<std::uint64_t>(*seconds);
      } else if (moment != "reload" || part.key != kReloadPaths) {
        source_.warnings.add(unknown_key(source_.file, part.at, part.key, kHookKeys));
      }
    }
    if (hook.command.empty() == hook.words.empty()) {
      throw fault(value, "a hook has either 'command' or 'run'");
    }
    if (!hook.words.empty() && !hook.words.front().starts_with('/')) {
      throw fault(value, "'run' begins with the absolute path of a program");
    }
    return hook;
  }

  std::vector<ProfileRoot> read_roots(const JsonValue& value) const {
    const JsonArray& items = array(value, "roots");
    if (items.size() > kMostRoots) {
      throw fault(value, fmt::format("more than {} roots", kMostRoots));
    }
    std::vector<ProfileRoot> roots;
    for (const JsonValue& item : items) {
      ProfileRoot root = read_root(item);
      for (const ProfileRoot& other : roots) {
        if (contains_path(other.path, root.path) || contains_path(root.path, other.path)) {
          throw fault(item, fmt::format("the root {} overlaps with {}", quoted(root.path),
                                        quoted(other.path)));
        }
        if (!root.mount.empty() && other.mount == root.mount) {
          throw fault(item, fmt::format("two roots have the mount {}", quoted(root.mount)));
        }
      }
      roots.push_back(std::move(root));
    }
    if (roots.size() > 1) choose_mounts(roots);
    return roots;
  }

  ProfileRoot read_root(const JsonValue& value) const {
    ProfileRoot root;
    for (const JsonMember& part : object(value, "a root")) {
      if (part.key == "path") {
        const std::string& path = text(part.value, "path");
        root.path = clean_path(expand_home(path, source_.surroundings.home));
        if (root.path.empty()) {
          throw fault(part.value, fmt::format("the path {} must start with '/' or '~/' and have no "
                                              "component '..'",
                                              quoted(path)));
        }
      } else if (part.key == "mount") {
        root.mount = text(part.value, "mount");
        if (root.mount == "." || root.mount == ".." || root.mount.size() > 255 ||
            root.mount.find('/') != std::string::npos) {
          throw fault(part.value,
                      fmt::format("the mount {} must be one file name", quoted(root.mount)));
        }
      } else if (part.key == "include") {
        root.include = read_patterns(part);
      } else if (part.key == "switch") {
        const std::string& unit = text(part.value, "switch");
        if (unit != "directory" && unit != "entries") {
          throw fault(part.value,
                      fmt::format("'switch' is 'entries' or 'directory', not {}", quoted(unit)));
        }
        root.switch_directory = unit == "directory";
      } else {
        source_.warnings.add(unknown_key(source_.file, part.at, part.key, kRootKeys));
      }
    }
    if (root.path.empty()) throw fault(value, "a root needs a 'path'");
    return root;
  }

  const JsonMember& member_;
  const ProfileSource& source_;
};

}  // namespace

const std::vector<std::string>& capture_names() {
  static const std::vector<std::string> names = {"credentials", "git", "modifications", "venv"};
  return names;
}

void Warnings::add(std::string warning) {
  if (list_.size() < kMostWarnings) {
    list_.push_back(std::move(warning));
  } else if (list_.size() == kMostWarnings) {
    list_.push_back("further warnings are not shown");
  }
}

std::string unknown_key(const std::string& file, JsonPosition at, const std::string& key,
                        const std::vector<std::string>& known) {
  std::string warning = fmt::format("{}:{}:{}: unknown key {}", file, at.line, at.column,
                                    quoted(std::string_view(key).substr(0, 100)));
  if (const auto nearest = find_nearest(key, known)) {
    warning += fmt::format("; did you mean '{}'?", *nearest);
  }
  return warning;
}

Profile read_profile(const JsonMember& member, const ProfileSource& source) {
  return ProfileReader(member, source).read();
}

}  // namespace stravinsky
