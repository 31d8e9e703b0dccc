#include "config/profile_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/profile_commands.hpp"
#include "config/profile_values.hpp"
#include "core/text.hpp"
#include "stravinsky/nearest.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kMostWarnings = 100;
constexpr std::size_t kMostRoots = 1024;

const std::vector<std::string> kProfileKeys = {"roots", "exclude", "switch_last", "validators",
                                               "hooks", "reload",  "checks",      "captures"};
const std::vector<std::string> kRootKeys = {"path", "mount", "include", "switch"};

/// Reads one profile; the members share what complaints need.
class ProfileReader {
 public:
  ProfileReader(const JsonMember& member, const ProfileSource& source)
      : member_(member), source_(source), values_(member, source) {}

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
    for (const JsonMember& part : values_.object(member_.value, "a profile")) {
      if (part.key == "roots") {
        profile.roots = read_roots(part.value);
      } else if (part.key == "exclude") {
        profile.exclude = values_.texts(part);
      } else if (part.key == "switch_last") {
        profile.switch_last = values_.texts(part);
      } else if (part.key == "validators") {
        profile.validators = values_.texts(part);
      } else if (part.key == "hooks") {
        profile.hooks = read_hooks(values_, part.value);
      } else if (part.key == "reload") {
        profile.reload = read_reload(values_, part.value);
      } else if (part.key == "checks") {
        profile.checks = read_checks(values_, part.value);
      } else if (part.key == "captures") {
        profile.captures = read_captures(part);
      } else {
        values_.warn_of_unknown(part, kProfileKeys);
      }
    }
    if (profile.roots.empty()) throw values_.fault(member_.value, "a profile needs 'roots'");
    return profile;
  }

 private:
  std::vector<std::string> read_captures(const JsonMember& part) const {
    std::vector<std::string> names = values_.texts(part);
    const auto& known = capture_names();
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      throw values_.fault(part.value, fmt::format("there is no capture {}; there are {}",
                                                  quoted(name), fmt::join(known, ", ")));
    }
    return names;
  }

  std::vector<ProfileRoot> read_roots(const JsonValue& value) const {
    const JsonArray& items = values_.array(value, "roots");
    if (items.size() > kMostRoots) {
      throw values_.fault(value, fmt::format("more than {} roots", kMostRoots));
    }
    std::vector<ProfileRoot> roots;
    for (const JsonValue& item : items) {
      ProfileRoot root = read_root(item);
      for (const ProfileRoot& other : roots) {
        if (contains_path(other.path, root.path) || contains_path(root.path, other.path)) {
          throw values_.fault(item, fmt::format("the root {} overlaps with {}", quoted(root.path),
                                                quoted(other.path)));
        }
        if (!root.mount.empty() && other.mount == root.mount) {
          throw values_.fault(item, fmt::format("two roots have the mount {}", quoted(root.mount)));
        }
      }
      roots.push_back(std::move(root));
    }
    if (roots.size() > 1) choose_mounts(roots);
    return roots;
  }

  ProfileRoot read_root(const JsonValue& value) const {
    ProfileRoot root;
    for (const JsonMember& part : values_.object(value, "a root")) {
      if (part.key == "path") {
        const std::string& path = values_.text(part.value, "path");
        root.path = clean_path(expand_home(path, source_.surroundings.home));
        if (root.path.empty()) {
          throw values_.fault(part.value,
                              fmt::format("the path {} must start with '/' or '~/' and have no "
                                          "component '..'",
                                          quoted(path)));
        }
      } else if (part.key == "mount") {
        root.mount = values_.text(part.value, "mount");
        if (root.mount == "." || root.mount == ".." || root.mount.size() > 255 ||
            root.mount.find('/') != std::string::npos) {
          throw values_.fault(
              part.value, fmt::format("the mount {} must be one file name", quoted(root.mount)));
        }
      } else if (part.key == "include") {
        root.include = values_.texts(part);
      } else if (part.key == "switch") {
        const std::string& unit = values_.text(part.value, "switch");
        if (unit != "directory" && unit != "entries") {
          throw values_.fault(
              part.value,
              fmt::format("'switch' is 'entries' or 'directory', not {}", quoted(unit)));
        }
        root.switch_directory = unit == "directory";
      } else {
        values_.warn_of_unknown(part, kRootKeys);
      }
    }
    if (root.path.empty()) throw values_.fault(value, "a root needs a 'path'");
    return root;
  }

  const JsonMember& member_;
  const ProfileSource& source_;
  ProfileValues values_;
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
