#pragma once

#include <cstdint>
#include <optional>
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

/// A command that runs around an operation on a profile: docs/hooks.md.
struct LifecycleHook {
  std::string moment;   ///< `before-snapshot`, …: `before`, `after`, `failed`, `finally`
  std::string command;  ///< a line for `/bin/sh -c`; empty: `words`
  std::vector<std::string> words;  ///< a program by its absolute path, and its arguments
  /// A `before` hook that fails keeps the operation from being carried out; any other makes the
  /// answer tell of a failure. Those that are not essential only warn.
  bool is_essential = false;
  std::uint64_t timeout_seconds = 60;
};

/// What has to be told when some of a profile's files were changed by us: docs/hooks.md.
struct ReloadAction {
  std::vector<std::string> paths;  ///< globs from the top; empty: any file
  LifecycleHook hook;              ///< its moment is `reload`
};

/// A command that tells whether what a profile's files are for still works: docs/updates.md.
struct HealthCheck {
  std::string command;                 ///< a line for `/bin/sh -c`; empty: `words`
  std::vector<std::string> words;      ///< a program by its absolute path, and its arguments
  std::uint64_t timeout_seconds = 60;  ///< for each try
  std::uint64_t delay_seconds = 0;     ///< before each try
  std::uint64_t tries = 1;             ///< until one passes
};

/// A named set of live roots that is captured and brought back together.
struct Profile {
  std::string name;
  std::vector<ProfileRoot> roots;
  std::vector<std::string> exclude;      ///< gitignore patterns, relative to each root
  std::vector<std::string> switch_last;  ///< globs: replaced after everything else
  /// Names of those that judge its files (docs/validation.md); empty: those that fit any tree.
  std::optional<std::vector<std::string>> validators;
  std::vector<LifecycleHook> hooks;  ///< in the order in which those of a moment run
  std::vector<ReloadAction> reload;  ///< in the order in which they run
  std::vector<HealthCheck> checks;   ///< asked after an update and after what `run` ran
  /// What its snapshots record of the surroundings, of `capture_names()`: docs/captures.md.
  std::vector<std::string> captures;
};

/// `credentials`, `git`, `modifications`, `venv`.
const std::vector<std::string>& capture_names();

/// Whether a path from the top of a snapshot is meant by one of a profile's globs, as those of
/// `switch_last` and of reload actions are: `*` stops at '/', `**` does not.
bool matches_glob(std::string_view glob, std::string_view path);

/// `[a-z0-9][a-z0-9._-]{0,62}`, without "..", not ending in "." or ".lock", not `audit` or
/// `upstream`.
bool is_profile_name(std::string_view name) noexcept;

}  // namespace stravinsky
