#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stravinsky/profile.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

/// Before its first files come a profile is nothing, and going back to that takes a snapshot of it.
/// @param create  with its profile
/// @returns `create` so that it captures nothing; empty where that cannot be: no pattern leaves out
/// a root that is itself a file
std::optional<CreateOptions> of_nothing(CreateOptions create);

/// Roots of profiles that are there, by the paths that the profiles name.
std::vector<std::string> live_roots(const std::vector<Profile>& profiles);

/// Takes away the directories that going back to nothing has emptied.
/// @returns of each that stays, that it does and why
std::vector<std::string> remove_emptied(const std::vector<std::string>& roots);

}  // namespace stravinsky::cli
