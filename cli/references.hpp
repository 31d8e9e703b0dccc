#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

// What the words REF, PATH and REF:PATH mean. Inside a project two profiles act, so each word may
// mean one thing in each of them.

namespace stravinsky::cli {

/// The snapshots a REF means in each active profile that has it, at least one; says on standard
/// error which. @throws Error NotFound, Invalid
std::vector<Snapshot> resolve_each(Session& session, const Store& store, const std::string& ref);

/// `PROFILE/NAME` of each, with spaces between: how an event names them.
std::string full_names(std::span<const Snapshot> snapshots);

/// Whether a path from the top of a snapshot is there, in the profile at `index`.
using IsThere = std::function<bool(std::size_t index, const std::string& path)>;
/// What a PATH word means in snapshots of each of the profiles; empty where it means nothing. An
/// absolute path and one that starts with `./` or `../` is a live file, and belongs to the profile
/// with the root that holds it; any other word is a path from the top, or else a live file below
/// the working directory.
std::vector<std::optional<std::string>> locate(Session& session, const Store& store,
                                               const std::string& word,
                                               std::span<const std::string> profiles,
                                               const IsThere& is_there);
/// That a PATH word means nothing in any of the snapshots, with the names that come near.
Error no_such_path(Session& session, const Store& store, const std::string& word,
                   std::span<const Snapshot> snapshots);

/// A path of a snapshot.
struct StoredPath {
  Snapshot snapshot;
  std::string path;  ///< from the top; "" for the top
};
/// Of the snapshots that a REF means, those that have the path; an empty word is the top.
/// Says on standard error which.
/// @throws Error NotFound
std::vector<StoredPath> resolve_paths(Session& session, const Store& store, const std::string& ref,
                                      const std::string& path);
/// The same for `REF:PATH`. @throws Error Invalid: no such form
std::vector<StoredPath> resolve_paths(Session& session, const Store& store,
                                      const std::string& word);
/// A snapshot and paths in it.
struct Selected {
  Snapshot snapshot;
  std::vector<std::string> paths;  ///< from the top
};
/// Of the snapshots that a REF means, those that have one of the paths, with all of them that it
/// has. @param words  at least one. @throws Error NotFound: a word means nothing in any of them
std::vector<Selected> select(Session& session, const Store& store, const std::string& ref,
                             const std::vector<std::string>& words);
/// The one of them, for what can be done with one only. @throws Error Invalid: there are two
StoredPath require_one(std::vector<StoredPath> found, const std::string& word);

/// For commands that take `REF [PATH]` and, in the place of both, `REF:PATH`.
std::vector<StoredPath> resolve_target(Session& session, const Store& store, const std::string& ref,
                                       const std::string& path);

}  // namespace stravinsky::cli
