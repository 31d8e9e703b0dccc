#include "references.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "files.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

std::string cleaned(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (!path.empty() && path.front() == '/') path.erase(0, 1);
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path == "." ? std::string() : path;
}

/// Whether a word says by its form that it is a live file.
bool is_live_word(const std::string& word) {
  return word.starts_with('/') || word.starts_with("./") || word.starts_with("../") ||
         word == "." || word == "..";
}

std::string full_name(const Snapshot& snapshot) {
  return fmt::format("{}/{}", snapshot.profile, shown(snapshot.name));
}

std::vector<Resolved> find_each(Session& session, const Store& store, const std::string& ref) {
  const std::vector<std::string> names = active_names(session, store);
  if (names.size() == 1) return {resolve(store, ref, names)};
  std::vector<Resolved> found;
  for (const std::string& name : names) {
    try {
      Resolved resolved = resolve(store, ref, {name});
      const bool known = std::any_of(found.begin(), found.end(), [&](const Resolved& other) {
        return other.snapshot.commit == resolved.snapshot.commit;
      });
      if (!known) found.push_back(std::move(resolved));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound) throw;
    }
  }
  // Nobody has it: the answer for all of them together names what comes near.
  if (found.empty()) found.push_back(resolve(store, ref, names));
  return found;
}

void announce(Session& session, const Resolved& resolved) {
  session.talk(fmt::format("using {} ({})", full_name(resolved.snapshot), resolved.taken_as));
}

}  // namespace

std::vector<Snapshot> resolve_each(Session& session, const Store& store, const std::string& ref) {
  std::vector<Snapshot> snapshots;
  for (Resolved& resolved : find_each(session, store, ref)) {
    announce(session, resolved);
    snapshots.push_back(std::move(resolved.snapshot));
  }
  return snapshots;
}

std::string full_names(std::span<const Snapshot> snapshots) {
  std::string text;
  for (const Snapshot& snapshot : snapshots) {
    if (!text.empty()) text += " ";
    text += fmt::format("{}/{}", snapshot.profile, snapshot.name);
  }
  return text;
}

std::vector<std::optional<std::string>> locate(Session& session, const Store& store,
                                               const std::string& word,
                                               std::span<const std::string> profiles,
                                               const IsThere& is_there) {
  std::vector<std::optional<std::string>> found(profiles.size()), live(profiles.size());
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const auto profile = find_any_profile(session, &store, profiles[i]);
    if (profile) live[i] = snapshot_path(*profile, absolute_path(word));
  }
  const bool is_live = is_live_word(word);
  bool any = false;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    std::vector<std::string> spellings;
    if (!is_live) spellings.push_back(cleaned(word));
    if (live[i]) spellings.push_back(*live[i]);
    for (const std::string& spelling : spellings) {
      if (found[i] || !is_there(i, spelling)) continue;
      found[i] = spelling;
      any = true;
    }
  }
  const bool held = std::any_of(live.begin(), live.end(), [](const auto& path) { return !!path; });
  if (any || held || !is_live || word.starts_with('/')) return found;
  // `./hooks` typed far from every root can only be meant from the top.
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (is_there(i, cleaned(word))) found[i] = cleaned(word);
  }
  return found;
}

Error no_such_path(Session& session, const Store& store, const std::string& word,
                   std::span<const Snapshot> snapshots) {
  const std::string what = fmt::format("cannot find {}", quoted(word));
  std::vector<std::string> names, near;
  bool held = !word.starts_with('/');
  for (const Snapshot& snapshot : snapshots) {
    names.push_back(full_name(snapshot));
    std::string path = cleaned(word);
    const auto profile = find_any_profile(session, &store, snapshot.profile);
    const auto live = profile ? snapshot_path(*profile, absolute_path(word)) : std::nullopt;
    if (live && is_live_word(word)) path = *live;
    held = held || live.has_value();
    for (const std::string& like : SnapshotTree(store, snapshot).nearest(path)) {
      near.push_back(shown(like));
    }
  }
  if (!held) {
    std::vector<std::string> profiles;
    for (const Snapshot& snapshot : snapshots) profiles.push_back(snapshot.profile);
    return Error(
        Errc::NotFound, what,
        fmt::format("no root of {} {} holds it", profiles.size() == 1 ? "profile" : "profiles",
                    fmt::join(profiles, " and ")),
        fmt::format("see `stravinsky profile show {}`", profiles.front()));
  }
  const std::string why = names.size() == 1
                              ? fmt::format("snapshot {} does not have it", names.front())
                              : fmt::format("none of {} has it", fmt::join(names, " and "));
  return Error(Errc::NotFound, what, why,
               near.empty() ? fmt::format("see `stravinsky ls -R {}`", names.front())
                            : fmt::format("did you mean {}?", fmt::join(near, ", ")));
}

std::vector<Selected> select(Session& session, const Store& store, const std::string& ref,
                             const std::vector<std::string>& words) {
  const std::vector<Resolved> resolved = find_each(session, store, ref);
  std::vector<Snapshot> snapshots;
  std::vector<std::string> profiles;
  std::vector<SnapshotTree> trees;
  for (const Resolved& one : resolved) {
    snapshots.push_back(one.snapshot);
    profiles.push_back(one.snapshot.profile);
    trees.emplace_back(store, one.snapshot);
  }
  const IsThere is_there = [&trees](std::size_t i, const std::string& path) {
    return path.empty() || trees[i].find(path).has_value();
  };
  std::vector<std::vector<std::string>> paths(resolved.size());
  for (const std::string& word : words) {
    bool any = false;
    const auto found = locate(session, store, word, profiles, is_there);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) continue;
      paths[i].push_back(*found[i]);
      any = true;
    }
    if (!any) throw no_such_path(session, store, word, snapshots);
  }
  std::vector<Selected> selected;
  for (std::size_t i = 0; i < resolved.size(); ++i) {
    if (paths[i].empty()) continue;
    announce(session, resolved[i]);
    selected.push_back({std::move(snapshots[i]), std::move(paths[i])});
  }
  return selected;
}

std::vector<StoredPath> resolve_paths(Session& session, const Store& store, const std::string& ref,
                                      const std::string& path) {
  std::vector<StoredPath> found;
  if (path.empty()) {
    for (Snapshot& snapshot : resolve_each(session, store, ref)) {
      found.push_back({std::move(snapshot), {}});
    }
    return found;
  }
  for (Selected& one : select(session, store, ref, {path})) {
    found.push_back({std::move(one.snapshot), std::move(one.paths.front())});
  }
  return found;
}

std::vector<StoredPath> resolve_paths(Session& session, const Store& store,
                                      const std::string& word) {
  // Names may hold a colon, and so may paths and times: the first reading that exists is meant.
  std::optional<Error> failure;
  for (std::size_t colon = word.find(':'); colon != std::string::npos;
       colon = word.find(':', colon + 1)) {
    if (colon == 0) continue;
    try {
      return resolve_paths(session, store, word.substr(0, colon), word.substr(colon + 1));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound && error.code() != Errc::Invalid) throw;
      if (!failure) failure = error;
    }
  }
  if (failure) throw Error(*failure);
  throw Error(Errc::Invalid, fmt::format("cannot use {}", quoted(word)),
              "there is no REF:PATH in it", "write it as in `stravinsky cat latest:settings.json`");
}

StoredPath require_one(std::vector<StoredPath> found, const std::string& word) {
  if (found.size() == 1) return std::move(found.front());
  std::vector<std::string> places, choices;
  for (const StoredPath& at : found) {
    places.push_back(full_name(at.snapshot));
    choices.push_back("-P " + at.snapshot.profile);
  }
  throw Error(Errc::Invalid, fmt::format("cannot choose between two for {}", quoted(word)),
              fmt::format("{} both have it", fmt::join(places, " and ")),
              fmt::format("say which: {}", fmt::join(choices, ", or ")));
}

std::vector<StoredPath> resolve_target(Session& session, const Store& store, const std::string& ref,
                                       const std::string& path) {
  if (!path.empty() || ref.find(':') == std::string::npos) {
    return resolve_paths(session, store, ref, path);
  }
  try {
    return resolve_paths(session, store, ref, path);  // a name or a time may hold a colon
  } catch (const Error& error) {
    if (error.code() != Errc::NotFound && error.code() != Errc::Invalid) throw;
    if (error.code() == Errc::NotFound && ref.starts_with('@')) throw;
  }
  return resolve_paths(session, store, ref);
}

}  // namespace stravinsky::cli
