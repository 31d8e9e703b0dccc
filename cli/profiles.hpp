#pragma once

#include <optional>
#include <string>
#include <vector>

#include "session.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky::cli {

/// The profiles a command acts on: `-P`; else the one with a root that holds the working directory
/// (configured; a project's, which goes together with `claude`; recorded in the store); else
/// `profile.default`.
/// @param store  asked for what it has recorded; null: there is no store yet
/// @throws Error NotFound: `-P` names none
std::vector<Profile> active_profiles(Session& session, const Store* store);
std::vector<std::string> active_names(Session& session, const Store& store);

/// A profile by name, with its roots: configured, built-in, or recorded in the store.
std::optional<Profile> find_any_profile(Session& session, const Store* store,
                                        const std::string& name);
/// The same for one that must be there. @throws Error NotFound
Profile profile_of(Session& session, const Store& store, const std::string& name);

/// The snapshot a REF means; says on standard error what was taken.
Snapshot resolve_one(Session& session, const Store& store, const std::string& ref);
/// The snapshots a REF means in each active profile that has it, at least one.
std::vector<Snapshot> resolve_each(Session& session, const Store& store, const std::string& ref);

/// What a PATH word means inside a snapshot: an absolute path or one that starts with `./`, `../`
/// or `~` is a live file; anything else is a path from the top, or else live below the working
/// directory.
std::string path_in_snapshot(Session& session, const Store& store, const Snapshot& snapshot,
                             const std::string& word);

/// A file of a snapshot.
struct StoredPath {
  Snapshot snapshot;
  std::string path;  ///< from the top; "" for the top
};
/// `REF:PATH`; where a REF means two snapshots, the first that has the path.
/// @throws Error Invalid, NotFound
StoredPath resolve_path(Session& session, const Store& store, const std::string& word);
/// The same with REF and PATH apart; an empty `path` is the top.
StoredPath resolve_path(Session& session, const Store& store, const std::string& ref,
                        const std::string& path);

}  // namespace stravinsky::cli
