#pragma once

#include <string>
#include <utility>
#include <vector>

#include "present/view.hpp"
#include "stravinsky/diff.hpp"
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

/// The distinct versions of a path, newest first.
void show_versions(const View& view, const std::string& path,
                   const std::vector<FileVersion>& versions);
/// One line or two for a snapshot in `log`.
void show_log(const View& view, const std::vector<Snapshot>& snapshots);

/// The content of a file as a JSON document.
void show_content(const View& view, const Snapshot& snapshot, const std::string& path,
                  const std::string& content);

}  // namespace stravinsky::cli
