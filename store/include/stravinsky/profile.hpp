#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stravinsky {

/// One directory or file that a profile captures.
struct ProfileRoot {
  std::string path;                  ///< absolute; "~/" is resolved when the settings are read
  std::string mount;                 ///< its name in the snapshot's top; empty: it is the top
  std::vector<std::string> include;  ///< globs below the root; empty: everything
  bool switch_directory = false;     ///< exchanged as a whole when brought back in place
};

/// A named set of live roots that is captured and brought back together.
struct Profile {
  std::string name;
  std::vector<ProfileRoot> roots;
  std::vector<std::string> exclude;      ///< gitignore patterns, relative to each root
  std::vector<std::string> switch_last;  ///< globs: replaced after everything else
};

/// `[a-z0-9][a-z0-9._-]{0,62}`, without "..", not ending in "." or ".lock", not `audit` or
/// `upstream`.
bool is_profile_name(std::string_view name) noexcept;

}  // namespace stravinsky
