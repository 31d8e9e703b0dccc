#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// The modes of a git tree that we write. Anything else is foreign.
enum class GitMode : std::uint32_t {
  File = 0100644,
  Executable = 0100755,
  Symlink = 0120000,
  Tree = 0040000,
};

struct TreeEntry {
  GitMode mode = GitMode::File;
  std::string name;  ///< as stored
  ObjectId id;
};

/// Sorts `entries` as git does (a tree's name compares as if it ended in '/') and serialises them.
std::string encode_tree(std::vector<TreeEntry>& entries);

/// Reads a tree object's content strictly.
///
/// @param bytes  the object without its header
/// @param id     for messages
/// @throws Error Corrupt: truncated, a mode that is no GitMode, a null id, unsorted entries.
///               Hostile: an empty name, '.', '..', a name with '/' or beyond 4,096 bytes, two
///               entries of one name, more than 5 million entries
std::vector<TreeEntry> parse_tree(std::string_view bytes, const ObjectId& id);

}  // namespace stravinsky
