#pragma once

#include <optional>

#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky::hooks {

/// The release that a snapshot grew out of: that of its version, else of the version of what was
/// live when it was taken, and so on back through the audit chain. A version that somebody gave it
/// by hand thus hides nothing.
/// @returns empty: it grew out of none. @throws Error Corrupt
std::optional<Snapshot> find_merge_base(const Store& store, const Snapshot& snapshot);

}  // namespace stravinsky::hooks
