#pragma once

#include "stravinsky/store.hpp"

namespace stravinsky {

/// Makes the store's repository with its first event, INIT, complete before its name appears.
/// @returns false when another process made it meanwhile
/// @throws Error Invalid: the directory holds something else; Key, Denied, NoSpace, Io
bool create_store(const StoreOptions& options);

}  // namespace stravinsky
