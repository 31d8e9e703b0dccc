#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// How one path differs.
struct Change {
  std::string path;  ///< raw bytes, from the top
  /// `A` added, `D` deleted, `M` content (or link target, device number), `T` type; or `-`.
  char code = '-';
  bool mode = false, owner = false, time = false, xattrs = false;  ///< `p` `o` `t` `x`
  std::optional<Entry> before, after;                              ///< absent for added, deleted

  /// Such as `M`, `Mpt`, `A`, `t`.
  std::string letters() const;
};

struct DiffOptions {
  std::vector<std::string> paths;  ///< only these and what is below; empty: all
  bool content_only = false;       ///< leave out what differs in attributes only
};

/// What must be done to `a` to get `b`, sorted by path. Equal directories are not read.
/// @throws Error Corrupt, Hostile
std::vector<Change> diff(const Store& store, const Snapshot& a, const Snapshot& b,
                         const DiffOptions& options = {});

/// How the live tree differs from a snapshot, with the same profile and excludes as it was taken.
struct LiveDiff {
  std::vector<Change> changes;  ///< from the snapshot to the live tree
  std::vector<Loss> losses;     ///< what could not be read
};
/// Writes nothing. @throws Error NotFound: no root exists
LiveDiff diff_live(const Store& store, const Snapshot& snapshot, const Profile& profile,
                   const ExcludeOptions& exclude, const DiffOptions& options = {},
                   Progress& progress = no_progress());
/// The live file's path for a path of a snapshot of `profile`; empty when no root holds it.
std::optional<std::string> live_path(const Profile& profile, const std::string& path);
/// The path inside a snapshot of `profile` for an absolute live path; empty when no root holds it.
std::optional<std::string> snapshot_path(const Profile& profile, const std::string& live);

/// One distinct version of a path, oldest snapshot that had it, with how many snapshots hold it.
struct FileVersion {
  Snapshot snapshot;
  std::optional<Entry> entry;  ///< empty: the path was absent
  std::size_t snapshots = 1;
};
/// The distinct versions of `path` in a profile, newest first. @throws Error NotFound: never there
std::vector<FileVersion> file_history(const Store& store, const std::string& profile,
                                      const std::string& path);

}  // namespace stravinsky
