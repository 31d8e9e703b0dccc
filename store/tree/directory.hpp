#pragma once

#include <string>
#include <vector>

#include "objects/tree_object.hpp"
#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "stravinsky/entry.hpp"

namespace stravinsky {

/// Where a directory is stored: its content and its metadata, and the digest of both.
struct StoredDirectory {
  ObjectId tree = kEmptyTree;  ///< git tree of the content; the empty tree when nothing has content
  ObjectId meta;               ///< git tree of the metadata mirror
  Sha256 digest;               ///< SHA-256 of the `%mtree` bytes
  auto operator<=>(const StoredDirectory&) const = default;
};

/// One entry with where its content is.
struct Node {
  Entry entry;
  ObjectId content;           ///< files: blob or chunk tree; symlinks: blob; else unused
  StoredDirectory directory;  ///< directories only; its digest equals entry.digest
};

struct Directory {
  Entry self;               ///< name "."
  std::vector<Node> nodes;  ///< sorted by raw name, bytewise
};

enum class Position { Top, Below };

/// Stores a directory whose files and sub-directories are stored already.
/// Threads: any. @throws Error as ObjectWriter::put
StoredDirectory write_directory(ObjectWriter& writer, const Directory& directory,
                                Position position);

/// The git tree entries of what has content in a directory, as `write_directory` stores them.
std::vector<TreeEntry> content_entries(const Directory& directory, Position position);

/// Reads a directory and checks it: the metadata against `stored.digest`, tree and metadata against
/// each other, every name against the escaping. Sub-directories are not read.
/// @param path      for messages, from the top; empty at the top
/// @param position  at the top `.stravinsky` is passed over
/// @throws Error Corrupt, Hostile, NotFound
Directory read_directory(const ObjectDatabase& database, const StoredDirectory& stored,
                         const std::string& path, Position position);

}  // namespace stravinsky
