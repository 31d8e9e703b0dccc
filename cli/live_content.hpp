#pragma once

#include <functional>
#include <optional>
#include <string>

#include "stravinsky/diff.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

/// Gives the bytes of one side of a change, for patches and line counts; empty when they are too
/// large to compare (8 MiB) or cannot be read.
using ContentOf = std::function<std::optional<std::string>(const Change& change, bool after)>;

/// Both sides stored. Keeps `store` by reference.
ContentOf stored_contents(const Store& store, const Snapshot& before, const Snapshot& after);
/// Before stored, after live.
ContentOf live_contents(const Store& store, const Snapshot& before, const Profile& profile);

}  // namespace stravinsky::cli
