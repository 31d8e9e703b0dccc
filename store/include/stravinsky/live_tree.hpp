#pragma once

#include <string>
#include <vector>

#include "stravinsky/entry.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// One live entry that a snapshot of its profile would capture.
struct LiveEntry {
  std::string path;  ///< from the top of the snapshot, raw bytes
  Entry entry;       ///< with its attributes
};

struct LiveTree {
  std::vector<LiveEntry> entries;  ///< sorted by path; the roots themselves are not among them
  std::vector<Loss> losses;        ///< what could not be read
};

/// Lists what a snapshot of the profile would capture now, by the same rules and with the same stat
/// cache: a file is read only if it changed. Writes nothing.
/// @throws Error NotFound: no root exists; Cancelled, Io
LiveTree read_live_tree(const Store& store, const Profile& profile,
                        const ExcludeOptions& exclude = {}, Progress& progress = no_progress());

}  // namespace stravinsky
