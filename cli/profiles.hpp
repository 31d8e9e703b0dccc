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

/// For a command about one live path: as if `-P` named the profile with a root that holds it, if
/// there is one, wherever the command runs.
void use_profile_around(Session& session, const Store& store, const std::string& path);

/// The snapshots of these profiles in the one order that every list has: `merge_by_time`.
std::vector<Snapshot> list_of(const Store& store, const std::vector<std::string>& names,
                              ListFilter filter = {});
/// Says which profiles have snapshots, if none of these has: nothing found means little then.
void hint_at_others(Session& session, const Store& store, const std::vector<std::string>& names);

/// With `-z` nothing but paths is printed: those of two profiles could not be told apart.
/// @throws Error Invalid: more than one name, and not JSON, which says whose each path is
void require_one_profile(const Session& session, const std::vector<std::string>& names);

/// A profile by name, with its roots: configured, built-in, or recorded in the store.
std::optional<Profile> find_any_profile(Session& session, const Store* store,
                                        const std::string& name);
/// The same for one that must be there. @throws Error NotFound
Profile profile_of(Session& session, const Store& store, const std::string& name);

/// Whether something stands where the root is.
bool is_there(const ProfileRoot& root);
/// Why a profile has nothing live: no root, as when its snapshots are streams, or none that exists.
std::optional<std::string> why_nothing_live(const Profile& profile);
/// @throws Error NotFound: with that reason
void require_live(const Profile& profile);

}  // namespace stravinsky::cli
