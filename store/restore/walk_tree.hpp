#pragma once

#include <functional>
#include <string>

#include "packs/object_database.hpp"
#include "stravinsky/error.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

struct TreeWalk {
  /// Each entry, directories before what they hold, in the order of names.
  /// @param path   from where the walk began
  /// @param entry  complete, for directories too
  std::function<void(const std::string& path, const Entry& entry, const Node& node)> visit;
  /// Asked before a directory is read; false passes it over unseen. Empty: all are read.
  std::function<bool(const std::string& path, const StoredDirectory& stored)> enter;
  /// A directory that cannot be read. Empty: the error is thrown.
  std::function<void(const std::string& path, const Error& error)> damaged;
};

/// Walks a stored directory in depth, without recursion: trees may be deeper than the stack.
/// The directory itself is visited first, with the path "".
/// @param prefix  the directory's own path, for messages
void walk_tree(const ObjectDatabase& database, const StoredDirectory& stored,
               const std::string& prefix, Position position, const TreeWalk& walk);

}  // namespace stravinsky
