#pragma once

#include <optional>
#include <string>

#include "git/handle.hpp"

namespace stravinsky::git {

/// A git config file, read as git reads it. Threads: one at a time.
class ConfigFile {
 public:
  /// @throws Error NotFound, Io; Corrupt: git could not parse it either
  explicit ConfigFile(const std::string& path);

  /// The last value of `key` (`section.name`), as written. Empty when the file has none.
  std::optional<std::string> find(const std::string& key) const;
  /// The same as a boolean in any of git's spellings; empty also for what is none.
  std::optional<bool> find_bool(const std::string& key) const;

 private:
  Handle<git_config, &Libgit2::git_config_free> config_;
};

}  // namespace stravinsky::git
