#include "profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "files.hpp"
#include "present/words.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
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

Error no_such_profile(const std::string& name) {
  return Error(Errc::NotFound, fmt::format("cannot use profile {}", quoted(name)),
               "it is not configured and has no snapshots", "see `stravinsky profile list`");
}

std::string cleaned(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (!path.empty() && path.front() == '/') path.erase(0, 1);
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path == "." ? std::string() : path;
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
  if (!profile) throw no_such_profile(name);
  return *std::move(profile);
}

std::vector<Profile> active_profiles(Session& session, const Store* store) {
  if (!session.globals.profile.empty()) {
    auto profile = find_any_profile(session, store, session.globals.profile);
    if (!profile) throw no_such_profile(session.globals.profile);
    return {*std::move(profile)};
  }
  const ProfileSurroundings surroundings = session.surroundings();
  const std::string& here = surroundings.working_directory;

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
  const Profile claude = claude_profile(surroundings);
  consider(claude);
  const auto project = find_project_profile(surroundings);
  // The nearer root decides; at the same directory the words of the user do.
  if (project && nearness(*project, here) > best_nearness) return {claude, *project};
  if (best) return {*best};

  if (store != nullptr) {
    for (const auto& [name, count] : list_profiles(*store)) {
      if (const auto recorded = find_recorded_profile(*store, name)) consider(*recorded);
    }
    if (best) return {*best};
  }
  auto fallback = find_any_profile(session, store, session.config().profile_default);
  if (!fallback) throw no_such_profile(session.config().profile_default);
  return {*std::move(fallback)};
}

std::vector<std::string> active_names(Session& session, const Store& store) {
  // A clone may hold a profile that nothing here knows the roots of: its name is enough to read.
  if (!session.globals.profile.empty()) return {session.globals.profile};
  std::vector<std::string> names;
  for (const Profile& profile : active_profiles(session, &store)) names.push_back(profile.name);
  return names;
}

Snapshot resolve_one(Session& session, const Store& store, const std::string& ref) {
  Resolved resolved = resolve(store, ref, active_names(session, store));
  session.talk(fmt::format("using {}/{} ({})", resolved.snapshot.profile,
                           shown(resolved.snapshot.name), resolved.taken_as));
  return std::move(resolved.snapshot);
}

std::vector<Snapshot> resolve_each(Session& session, const Store& store, const std::string& ref) {
  const std::vector<std::string> names = active_names(session, store);
  if (names.size() == 1) return {resolve_one(session, store, ref)};
  std::vector<Snapshot> found;
  for (const std::string& name : names) {
    try {
      Resolved resolved = resolve(store, ref, {name});
      const bool known = std::any_of(found.begin(), found.end(), [&](const Snapshot& other) {
        return other.commit == resolved.snapshot.commit;
      });
      if (known) continue;
      session.talk(fmt::format("using {}/{} ({})", resolved.snapshot.profile,
                               shown(resolved.snapshot.name), resolved.taken_as));
      found.push_back(std::move(resolved.snapshot));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound) throw;
    }
  }
  // Nobody has it: the answer for all of them together names what comes near.
  if (found.empty()) found.push_back(resolve(store, ref, names).snapshot);
  return found;
}

std::string path_in_snapshot(Session& session, const Store& store, const Snapshot& snapshot,
                             const std::string& word) {
  const bool live = word.starts_with('/') || word.starts_with("./") || word.starts_with("../") ||
                    word == "." || word == "..";
  const auto from_live = [&]() -> std::optional<std::string> {
    const auto profile = find_any_profile(session, &store, snapshot.profile);
    return profile ? snapshot_path(*profile, absolute_path(word)) : std::nullopt;
  };
  if (live) {
    if (auto path = from_live()) return *std::move(path);
    if (word.starts_with('/')) {
      throw Error(Errc::NotFound,
                  fmt::format("cannot find {} in {}", quoted(word), snapshot.profile),
                  "no root of the profile holds it",
                  fmt::format("see `stravinsky profile show {}`", snapshot.profile));
    }
    return cleaned(word);
  }
  const std::string path = cleaned(word);
  if (SnapshotTree(store, snapshot).find(path)) return path;
  return from_live().value_or(path);
}

StoredPath resolve_path(Session& session, const Store& store, const std::string& ref,
                        const std::string& path) {
  std::vector<Snapshot> snapshots = resolve_each(session, store, ref);
  std::optional<Error> failure;
  for (Snapshot& snapshot : snapshots) {
    try {
      std::string inside = path.empty() ? path : path_in_snapshot(session, store, snapshot, path);
      if (inside.empty() || SnapshotTree(store, snapshot).find(inside)) {
        return {std::move(snapshot), std::move(inside)};
      }
      failure = Error(
          Errc::NotFound, fmt::format("cannot find {}", quoted(path)),
          fmt::format("snapshot {}/{} does not have it", snapshot.profile, shown(snapshot.name)),
          fmt::format("see `stravinsky ls -R {}/{}`", snapshot.profile, shown(snapshot.name)));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound) throw;
      failure = error;
    }
  }
  throw *failure;
}

StoredPath resolve_path(Session& session, const Store& store, const std::string& word) {
  // Names may hold a colon, and so may paths and times: the first reading that exists is meant.
  std::optional<Error> failure;
  for (std::size_t colon = word.find(':'); colon != std::string::npos;
       colon = word.find(':', colon + 1)) {
    if (colon == 0) continue;
    try {
      return resolve_path(session, store, word.substr(0, colon), word.substr(colon + 1));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound && error.code() != Errc::Invalid) throw;
      if (!failure) failure = error;
    }
  }
  if (failure) throw *failure;
  throw Error(Errc::Invalid, fmt::format("cannot use {}", quoted(word)),
              "there is no REF:PATH in it", "write it as in `stravinsky cat latest:settings.json`");
}

}  // namespace stravinsky::cli
