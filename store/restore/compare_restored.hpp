#pragma once

#include <string>
#include <vector>

#include "packs/object_database.hpp"
#include "stravinsky/restore.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// How a restored directory differs from what is stored: entries missing or too many, type,
/// content, mode, time, link target, device number, and with `owner` the owner's numbers.
/// @returns one issue a path, in the order of the walk
/// @throws Error Corrupt and the like for what cannot be read from the store; Io
std::vector<RestoreIssue> compare_restored(const ObjectDatabase& database,
                                           const StoredDirectory& top, int directory, bool owner,
                                           Progress& progress, Position position = Position::Top);

}  // namespace stravinsky
