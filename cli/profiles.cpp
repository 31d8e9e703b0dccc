#include "profiles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "files.hpp"
#include "present/words.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/nearest.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

bool holds(const std::string& root, const std::string& path) {
  return path == root || root == "/" || path.starts_with(root + "/");
}

/// How many bytes of the working directory's path a root of the profile takes; 0: none holds it.
std::size_t nearness(const Profile& profile, const std::string& directory) {
  std::size_t best = 0;
  for (const ProfileRoot& root : profile.roots) {
    // The working directory is a real path, a root may be a link.
    std::error_code failed;
    const std::string real = std::filesystem::weakly_canonical(root.path, failed).string();
    const std::string& path = failed ? root.path : real;
    if (holds(path, directory)) best = std::max(best, path.size());
  }
  return best;
}

Error no_such_profile(Session& session, const Store* store, const std::string& name) {
  const ProfileSurroundings surroundings = session.surroundings();
  std::vector<std::string> known;
  for (const Profile& builtin : builtin_profiles(surroundings)) known.push_back(builtin.name);
  for (const auto& [configured, profile] : session.config().profiles) known.push_back(configured);
  try {
    if (const auto project = find_project_profile(surroundings)) known.push_back(project->name);
    if (store != nullptr) {
      for (const auto& [recorded, count] : list_profiles(*store)) known.push_back(recorded);
    }
  } catch (const Error&) {
    // What is wrong there was not asked for: it only means one suggestion less.
  }
  std::string remedy = "see `stravinsky profile list`";
  if (const auto near = find_nearest(name, known)) {
    remedy = fmt::format("did you mean '{}'? {}", *near, remedy);
  }
  return Error(Errc::NotFound, fmt::format("cannot use profile {}", quoted(name)),
               "it is not configured and has no snapshots", std::move(remedy));
}

}  // namespace

std::optional<Profile> find_any_profile(Session& session, const Store* store,
                                        const std::string& name) {
  const ProfileSurroundings surroundings = session.surroundings();
  if (auto profile = find_profile(name, session.config(), surroundings)) return profile;
  if (auto project = find_project_profile(surroundings); project && project->name == name) {
    return project;
  }
  return store != nullptr ? find_recorded_profile(*store, name) : std::nullopt;
}

Profile profile_of(Session& session, const Store& store, const std::string& name) {
  auto profile = find_any_profile(session, &store, name);
  if (!profile) throw no_such_profile(session, &store, name);
  return *std::move(profile);
}

bool is_there(const ProfileRoot& root) {
  std::error_code failed;
  // A root that we may not look at is there: what reads it says that it may not.
  return std::filesystem::status(root.path, failed).type() != std::filesystem::file_type::not_found;
}

std::optional<std::string> why_nothing_live(const Profile& profile) {
  if (profile.roots.empty()) return "it has no roots: its snapshots were taken of streams";
  if (std::any_of(profile.roots.begin(), profile.roots.end(), is_there)) return std::nullopt;
  std::vector<std::string> paths;
  for (const ProfileRoot& root : profile.roots) paths.push_back(quoted(root.path));
  return paths.size() == 1 ? fmt::format("its root {} does not exist", paths.front())
                           : fmt::format("none of its roots {} exists", fmt::join(paths, ", "));
}

void require_live(const Profile& profile) {
  const auto why = why_nothing_live(profile);
  if (!why) return;
  throw Error(
      Errc::NotFound, fmt::format("cannot read live files of profile '{}'", profile.name), *why,
      profile.roots.empty() ? "compare two of its snapshots, or take another with --stdin-name"
                            : fmt::format("see `stravinsky profile show {}`", profile.name));
}

namespace {

/// Those with a root that holds a real path, the nearest first asked: configured, built-in, then
/// recorded in the store. None: no root holds it.
std::vector<Profile> profiles_around(Session& session, const Store* store,
                                     const std::string& here) {
  const ProfileSurroundings surroundings = session.surroundings();
  std::optional<Profile> best;
  std::size_t best_nearness = 0;
  const auto consider = [&](const Profile& profile) {
    const std::size_t near = nearness(profile, here);
    if (near > best_nearness) {
      best = profile;
      best_nearness = near;
    }
  };
  for (const auto& [name, profile] : session.config().profiles) consider(profile);
  const std::vector<Profile> builtin = builtin_profiles(surroundings);
  for (const Profile& profile : builtin) consider(profile);
  const auto project = find_project_profile(surroundings);
  // The nearer root decides; at the same directory the words of the user do.
  if (project && nearness(*project, here) > best_nearness) {
    return {find_profile("claude", session.config(), surroundings).value(), *project};
  }
  if (best) return {*best};

  if (store != nullptr) {
    for (const auto& [name, count] : list_profiles(*store)) {
      if (const auto recorded = find_recorded_profile(*store, name)) consider(*recorded);
    }
    if (best) return {*best};
  }
  return {};
}

}  // namespace

std::vector<Profile> active_profiles(Session& session, const Store* store) {
  if (!session.globals.profile.empty()) {
    auto profile = find_any_profile(session, store, session.globals.profile);
    if (!profile) throw no_such_profile(session, store, session.globals.profile);
    return {*std::move(profile)};
  }
  std::vector<Profile> around =
      profiles_around(session, store, session.surroundings().working_directory);
  if (!around.empty()) return around;
  auto fallback = find_any_profile(session, store, session.config().profile_default);
  if (!fallback) throw no_such_profile(session, store, session.config().profile_default);
  return {*std::move(fallback)};
}

void use_profile_around(Session& session, const Store& store, const std::string& path) {
  if (!session.globals.profile.empty()) return;
  const std::filesystem::path live = absolute_path(path);
  std::error_code failed;
  // What it names may itself be a link: that one is meant.
  const auto parent = std::filesystem::weakly_canonical(live.parent_path(), failed);
  if (failed) return;
  const auto around = profiles_around(session, &store, (parent / live.filename()).string());
  if (around.size() == 1) session.globals.profile = around.front().name;
}

std::vector<Snapshot> list_of(const Store& store, const std::vector<std::string>& names,
                              ListFilter filter) {
  std::vector<std::vector<Snapshot>> lists;
  for (const std::string& name : names) {
    filter.profile = name;
    lists.push_back(list_snapshots(store, filter));
  }
  std::vector<Snapshot> merged = merge_by_time(std::move(lists));
  if (merged.size() > filter.limit) merged.resize(filter.limit);
  return merged;
}

void hint_at_others(Session& session, const Store& store, const std::vector<std::string>& names) {
  std::vector<std::string> others;
  for (const auto& [name, count] : list_profiles(store)) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    others.push_back(name);
  }
  if (others.empty()) return;
  constexpr std::size_t kMost = 10;
  const std::string more =
      others.size() > kMost ? fmt::format(" and {} more", others.size() - kMost) : std::string();
  others.resize(std::min(others.size(), kMost));
  session.talk(fmt::format("no snapshots in profile {}; there are some in {}{}: name one with -P",
                           fmt::join(names, " and "), fmt::join(others, ", "), more));
}

void require_one_profile(const Session& session, const std::vector<std::string>& names) {
  if (names.size() < 2 || session.json()) return;
  throw Error(
      Errc::Invalid, "cannot list with -z",
      fmt::format("the paths of {} would mix", fmt::join(names, " and ")),
      fmt::format("add -P {}, or --json, which names the profile of each path", names.front()));
}

std::vector<std::string> active_names(Session& session, const Store& store) {
  if (const std::string& name = session.globals.profile; !name.empty()) {
    // A clone may hold a profile that nothing here knows the roots of: its name is enough to read.
    const auto known = list_profiles(store);
    const bool has_snapshots =
        std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.first == name; });
    if (has_snapshots || find_any_profile(session, &store, name)) return {name};
    throw no_such_profile(session, &store, name);
  }
  std::vector<std::string> names;
  for (const Profile& profile : active_profiles(session, &store)) names.push_back(profile.name);
  return names;
}

}  // namespace stravinsky::cli
