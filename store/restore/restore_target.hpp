#pragma once

#include <string>

#include "restore/restore_tree.hpp"

namespace stravinsky {

/// Opens the directory to restore to, making it (0700) when it is missing. The target itself may be
/// a symlink to a directory: it is followed here, once, and nothing below it ever is.
///
/// @param store_dirs  never entered, and the target must not lie in one
/// @throws Error Invalid (a file, inside the store, no parent directory), Exists (not empty and
///               `Overwrite::Refuse`), Denied, NoSpace, Io
RestoreTarget open_restore_target(const RestoreOptions& options,
                                  const std::vector<std::string>& store_dirs);

}  // namespace stravinsky
