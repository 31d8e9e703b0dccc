#pragma once

#include <string>
#include <vector>

#include "scan/scan.hpp"
#include "snapshots/edit_tree.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

struct ManifestSource {
  Profile profile;
  std::string user, host;
  const ScanResult* scan = nullptr;
  std::string captures;  ///< a JSON object; empty: none
};

/// `snapshot.json`, docs/format.md 5.
std::string encode_manifest(const ManifestSource& source);

/// The same of a tree that was made out of another by edits, never captured.
/// @param before  `snapshot.json` of the tree before. @throws Error Corrupt
std::string edit_manifest(const std::string& before, const EditedTree& tree);

/// A root as a snapshot found it.
struct RecordedRoot {
  std::string mount, path, real_path;
};
/// Those that were there, in the order of their mounts. @throws Error Corrupt
std::vector<RecordedRoot> read_recorded_roots(const Store& store, const Snapshot& snapshot);

}  // namespace stravinsky
