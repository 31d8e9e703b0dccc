#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exit_status.hpp"
#include "present/changes.hpp"
#include "present/view.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

/// What `list` found.
struct SnapshotList {
  std::vector<Snapshot> snapshots;    ///< in the order to show
  std::vector<std::string> profiles;  ///< those that are shown
  std::size_t other_profiles = 0, other_snapshots = 0;
  bool fell_back = false;                 ///< the default profile has none, so all are shown
  std::map<ObjectId, std::string> kinds;  ///< such as `71 plist, 3 json`, where counted
};

enum class ListForm {
  Short,    ///< two lines each
  Long,     ///< with commit, digest, class, tags
  Backups,  ///< `Available backups:` and `  VERSION: TIMESTAMP (N.N MB)`
};
void show_list(const View& view, const SnapshotList& list, ListForm form);

/// Everything known about one snapshot, and what was asked for besides.
struct SnapshotDetails {
  Snapshot snapshot;
  std::string manifest;  ///< snapshot.json
  std::vector<Loss> losses;
  std::vector<std::pair<std::string, Entry>> files;  ///< path and entry
  std::optional<ChangeReport> stat;                  ///< since the snapshot before it
};
struct DetailsForm {
  bool manifest = false, losses = false, files = false, credentials = false, stat = false;
  bool as_json = false;  ///< a readable document, whatever the format
};
/// @param all  at least one, in JSON the first is `snapshot`
void show_details(const View& view, const std::vector<SnapshotDetails>& all,
                  const DetailsForm& form);

/// A snapshot after `describe`, `tag`, `pin`, `rename`: `said` names what was done.
void show_annotated(const View& view, const std::vector<Snapshot>& snapshots,
                    const std::string& said);

/// What `snapshot` did for one profile, or would do.
struct Captured {
  CreateReport report;
  std::vector<std::string> roots;
  std::string profile, location, description, category;
  bool dry_run = false;
  std::string would_run;  ///< a dry run's command whose output would be captured
};
/// @param exit  what the program will end with, for the summary
void show_captured(const View& view, const std::vector<Captured>& captured, Exit exit);

}  // namespace stravinsky::cli
