#pragma once

#include <string>

#include "packs/object_database.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// @param snapshot  its name, for messages
/// @throws Error NotFound: the stored directory does not have the path
void require_path(const ObjectDatabase& database, const StoredDirectory& top,
                  const std::string& path, const std::string& snapshot);

}  // namespace stravinsky
