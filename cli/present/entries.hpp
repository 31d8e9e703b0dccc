#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "present/changes.hpp"
#include "present/view.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/origin.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

using PathAndEntry = std::pair<std::string, Entry>;

enum class EntryForm { Names, Long };
/// What `ls` lists of one snapshot.
struct Listed {
  Snapshot snapshot;
  std::vector<PathAndEntry> entries;
};
/// @param listed  at least one; of several each has a heading, but not with -z
void show_entries(const View& view, const std::vector<Listed>& listed, EntryForm form);

/// A match of `find`.
struct Found {
  Snapshot snapshot;
  std::string path;
  Entry entry;
};
void show_found(const View& view, const std::vector<Found>& found, EntryForm form);

/// A version of a path and what `log` says of it.
struct LoggedVersion {
  FileVersion version;
  std::optional<SnapshotOrigin> origin;
  std::optional<std::string> patch;  ///< against the version before it, if it was asked for
};
/// The distinct versions of a path, newest first.
void show_versions(const View& view, const std::string& path,
                   const std::vector<LoggedVersion>& versions);

/// A snapshot and what `log` says of it.
struct LoggedSnapshot {
  Snapshot snapshot;
  std::optional<ChangeReport> changes;  ///< since the one before it, if they were asked for
};
/// One line or two for each, and its patches.
void show_log(const View& view, const std::vector<LoggedSnapshot>& snapshots);

/// The content of a file as a JSON document.
void show_content(const View& view, const Snapshot& snapshot, const std::string& path,
                  const std::string& content);

}  // namespace stravinsky::cli
