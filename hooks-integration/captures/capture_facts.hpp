#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stravinsky/profile.hpp"

namespace stravinsky::hooks {

struct FactsOptions {
  std::string home;  ///< absolute; empty: unknown, and nothing is looked for there
  std::string git;   ///< the program; empty: there is none
  std::function<bool()> cancelled = {};
};

/// What a profile's `captures` ask to be known about the surroundings of its roots, as the JSON
/// object that its snapshots keep (docs/captures.md); empty: it asks for nothing. Reads only, and
/// takes no file's content along. What cannot be told is told as an `error` in the place of the
/// fact. Threads: any.
std::string capture_facts(const Profile& profile, const FactsOptions& options);

}  // namespace stravinsky::hooks
