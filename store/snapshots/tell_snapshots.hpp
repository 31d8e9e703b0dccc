#pragma once

#include <span>
#include <string>

#include "stravinsky/object_id.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky {

/// A snapshot whose commit is stored, and of which no event tells yet.
struct UntoldSnapshot {
  ObjectId commit;
  std::string ref;
};

/// Whether a snapshot has a ref, and so its event.
bool is_told(const Store& store, const ObjectId& commit);

/// Publishes the one event of those that were kept without (`Untold::Kept`), with all that a
/// snapshot moves; nothing where each is told of. The caller holds the locks of their profiles.
/// @throws Error Exists: another snapshot took the name meanwhile; Locked, Corrupt, Io
void tell_of_snapshots(Store& store, std::span<const UntoldSnapshot> snapshots);

}  // namespace stravinsky
