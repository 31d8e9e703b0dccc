#include <fmt/format.h>

#include <algorithm>

#include "config/profile_settings.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "stravinsky/config.hpp"

namespace stravinsky {
namespace {

/// A place on disk, by every name it may have.
struct Place {
  std::string real;
  struct stat status {};
};

/// Links followed. Empty when nothing is there, or nothing that we may look at.
std::optional<Place> find_place(const std::string& path) {
  try {
    Place place;
    place.real = fs::real_path(path);
    const auto status = fs::find_stat(place.real);
    if (!status) return std::nullopt;
    place.status = *status;
    return place;
  } catch (const Error& error) {
    if (error.code() == Errc::NotFound || error.code() == Errc::Denied) return std::nullopt;
    // A path that leads through a file, or in circles, leads nowhere.
    if (error.code() == Errc::Io) return std::nullopt;
    throw;
  }
}

/// Bind mounts give one directory several paths, so the inode decides too.
bool same_place(const Place& a, const Place& b) {
  return a.real == b.real ||
         (a.status.st_dev == b.status.st_dev && a.status.st_ino == b.status.st_ino);
}

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

struct GivenRoot {
  std::string path;  ///< absolute, as given
  Place place;
};

/// Tells what is not there from what may be there in a directory we may not look into.
void require_searchable(const std::string& path) {
  try {
    fs::real_path(path);
  } catch (const Error& error) {
    if (error.code() != Errc::Denied) return;
    throw Error(Errc::Denied, fmt::format("cannot look at {}", quoted(path)),
                "a directory above it may not be searched", "ask its owner, or run as who may");
  }
}

GivenRoot resolve_root(const std::string& path, const std::string& working_directory) {
  const std::string absolute =
      path.starts_with('/') ? path : fmt::format("{}/{}", working_directory, path);
  const bool is_path = !path.empty() && path.find('\0') == std::string::npos;
  auto place = is_path ? find_place(absolute) : std::nullopt;
  if (!place) {
    if (is_path) require_searchable(absolute);
    throw Error(Errc::NotFound, fmt::format("cannot find {}", quoted(path)),
                "a snapshot is taken of files and directories that exist",
                fmt::format("did you mean `-m {}`?", quoted(path)));
  }
  if (!S_ISDIR(place->status.st_mode) && !S_ISREG(place->status.st_mode)) {
    throw Error(Errc::Invalid, fmt::format("cannot take {} as a root", quoted(path)),
                "it is neither a directory nor a regular file");
  }
  std::string clean = clean_path(absolute);
  // Where ".." leads is known to the filesystem only.
  if (clean.empty()) clean = place->real;
  return {std::move(clean), *std::move(place)};
}

void require_apart(const std::vector<GivenRoot>& roots) {
  for (std::size_t i = 0; i < roots.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const Place& a = roots[k].place;
      const Place& b = roots[i].place;
      const bool equal = same_place(a, b);
      if (!equal && !contains_path(a.real, b.real) && !contains_path(b.real, a.real)) continue;
      throw Error(Errc::Invalid,
                  fmt::format("cannot take {} and {} as roots of one snapshot",
                              quoted(roots[k].path), quoted(roots[i].path)),
                  equal ? "they are the same" : "one lies in the other", "give only the outer one");
    }
  }
}

/// True when the roots of `profile` are these and no others.
bool has_roots(const Profile& profile, const std::vector<GivenRoot>& roots) {
  if (profile.roots.size() != roots.size()) return false;
  return std::all_of(profile.roots.begin(), profile.roots.end(), [&](const ProfileRoot& root) {
    const auto place = find_place(root.path);
    return place && std::any_of(roots.begin(), roots.end(), [&](const GivenRoot& given) {
             return same_place(given.place, *place);
           });
  });
}

bool is_project(const std::string& directory) {
  const auto settings = find_place(directory + "/.claude");
  if (settings && S_ISDIR(settings->status.st_mode)) return true;
  const auto servers = find_place(directory + "/.mcp.json");
  return servers && S_ISREG(servers->status.st_mode);
}

Profile project_profile(const std::string& directory) {
  Profile profile;
  profile.name = "claude-" + derived_profile_name(last_component(directory), directory);
  ProfileRoot& root = profile.roots.emplace_back();
  root.path = directory;
  root.include = {".claude/**", ".mcp.json", "CLAUDE*.md"};
  // What a project holds is its author's, whatever its name; these are the exceptions.
  profile.exclude = {"/.claude/.credentials.json", "/.claude/.backups", "/.claude/.manifests",
                     "/.claude/.logs", "/.claude/state/*.jsonl"};
  profile.validators = kValidators;
  profile.switch_last = {".claude/settings.json", ".claude/settings.local.json", ".mcp.json"};
  return profile;
}

}  // namespace

std::optional<Profile> find_project_profile(const ProfileSurroundings& surroundings) {
  auto working = find_place(surroundings.working_directory);
  const auto home = find_place(surroundings.home);
  const auto claude = find_place(claude_profile(surroundings).roots.front().path);
  if (!working) return std::nullopt;
  for (std::string directory = working->real;; directory = fs::parent_of(directory)) {
    const auto place = find_place(directory);
    const bool is_home = place && home && same_place(*place, *home);
    // What lies in the user's own configuration is that profile's, and the directory around it is
    // no project for holding it: the two would overlap.
    const bool is_users = claude && (contains_path(claude->real, directory) ||
                                     claude->real == directory + "/.claude");
    if (!is_home && !is_users && is_project(directory)) return project_profile(directory);
    if (directory == "/") return std::nullopt;
  }
}

Profile profile_for_paths(const std::vector<std::string>& paths, const Config& config,
                          const ProfileSurroundings& surroundings) {
  if (paths.empty()) {
    throw Error(Errc::Invalid, "cannot make a profile", "no path was given");
  }
  std::vector<GivenRoot> roots;
  roots.reserve(paths.size());
  for (const std::string& path : paths) {
    roots.push_back(resolve_root(path, surroundings.working_directory));
  }
  require_apart(roots);
  for (const auto& [name, profile] : config.profiles) {
    if (has_roots(profile, roots)) return profile;
  }
  for (Profile& builtin : builtin_profiles(surroundings)) {
    if (!config.profiles.contains(builtin.name) && has_roots(builtin, roots)) {
      return std::move(builtin);
    }
  }

  Profile profile;
  std::vector<std::string> real_paths;
  real_paths.reserve(roots.size());
  for (const GivenRoot& root : roots) {
    real_paths.push_back(root.place.real);
    profile.roots.emplace_back().path = root.path;
  }
  std::sort(real_paths.begin(), real_paths.end());
  std::string hashed;
  for (const std::string& path : real_paths) {
    if (!hashed.empty()) hashed += '\0';
    hashed += path;
  }
  profile.name = derived_profile_name(last_component(roots.front().place.real), hashed);
  if (profile.roots.size() > 1) choose_mounts(profile.roots);
  return profile;
}

std::optional<Profile> find_profile(const std::string& name, const Config& config,
                                    const ProfileSurroundings& surroundings) {
  const auto configured = config.profiles.find(name);
  if (configured != config.profiles.end()) return configured->second;
  for (Profile& builtin : builtin_profiles(surroundings)) {
    if (builtin.name == name) return std::move(builtin);
  }
  auto project = find_project_profile(surroundings);
  if (project && project->name == name) return project;
  return std::nullopt;
}

}  // namespace stravinsky
