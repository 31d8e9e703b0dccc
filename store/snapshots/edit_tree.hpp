#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "packs/object_database.hpp"
#include "scan/scan.hpp"
#include "stravinsky/update.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// How much one tree has more than another; negative: less.
struct TreeGrowth {
  std::int64_t entries = 0, files = 0, bytes = 0;
};

/// A stored tree that was made out of another.
struct EditedTree {
  StoredDirectory top;
  Directory directory;  ///< the top itself
  /// Under the roots, which do not count as entries; by their mounts, a single root by "".
  std::map<std::string, TreeGrowth> growth;
};

struct EditOptions {
  Timestamp now;  ///< when a file that the edits write was last changed
  std::uint64_t chunk_threshold = 32u << 20;
  /// What the made-up top of several roots holds; they stay when nothing is left in them.
  std::vector<std::string> mounts;
};

/// Makes a stored tree out of another without reading its files: directories that no edit is below
/// keep tree, metadata and digest.
///
/// A file that is there keeps owner, permissions and extended attributes, but for what a write
/// takes away: set-user-ID, set-group-ID and `security.capability`. A new one gets the owner of its
/// directory. A directory that is emptied goes, as git's would. Of a group of hard links the edited
/// name leaves.
/// @param base   the tree; its top has no `.stravinsky` in it
/// @param sink   stores what is new
/// @throws Error Invalid: two edits that exclude each other; Corrupt, Io, NoSpace
EditedTree edit_tree(const ObjectDatabase& database, ScanSink& sink, const Directory& base,
                     std::span<const TreeEdit> edits, const EditOptions& options);

}  // namespace stravinsky
