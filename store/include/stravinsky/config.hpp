#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/profile.hpp"

namespace stravinsky {

/// Every setting with its default. docs/configuration.md describes each.
struct Config {
  struct Backup {
    std::uint64_t max_versions = 10, max_total_size_mb = 500, retention_days = 730;
    std::string compression = "fast";  ///< `fast`, `best` or `none`; `gzip` reads as `fast`
    bool verify_on_creation = true;
    std::uint64_t spot_check_percentage = 10;
  } backup;
  struct Update {
    bool auto_backup_before_update = true, pre_update_checks_enabled = true,
         post_update_verification_enabled = true, auto_rollback_on_failure = true;
    std::uint64_t auto_rollback_timeout_seconds = 60;
  } update;
  struct Recovery {
    bool enable_auto_recovery = true;
    std::uint64_t max_recovery_attempts = 3, recovery_retry_delay_seconds = 5;
  } recovery;
  struct Audit {
    bool enable_audit_logging = true;  ///< stays on: false only warns
    std::uint64_t log_retention_days = 730, log_rotation_size_mb = 50;
    bool tamper_detection_enabled = true;  ///< stays on: false only warns
  } audit;
  struct Safety {
    bool require_manual_confirmation_for_rollback = false, fail_safe_on_backup_error = true;
    std::uint64_t disk_space_threshold_mb = 100, lock_timeout_seconds = 5;
  } safety;
  struct StoreSettings {
    std::uint64_t chunk_threshold_mb = 32, threads = 0;  ///< threads 0: one per processor
  } store;
  struct Signing {
    std::string key, program;
  } signing;
  std::string profile_default = "claude";
  std::map<std::string, Profile> profiles;  ///< by name; the built-in ones are not in it
};

/// Where each value came from, for `config list --show-origin`: key such as `backup.max_versions`,
/// value as JSON text, origin `default`, `file` or the variable's name.
struct ConfigValue {
  std::string key, value, origin;
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigValue> values;    ///< every key, sorted
  std::vector<std::string> warnings;  ///< unknown keys with the nearest name, switches that stay on
};

/// Reads settings from JSON text over the defaults, then the environment over both.
///
/// @param text         the file's content; nullopt: there is none
/// @param file         its name, for messages
/// @param home         for "~/" in paths
/// @param environment  looks a variable up: STRAVINSKY_<SECTION>_<KEY> and the documented aliases
/// @throws Error Invalid, with `file:line:column`, for bad JSON or an ill-typed value
LoadedConfig load_config(
    const std::optional<std::string>& text, const std::string& file, const std::string& home,
    const std::function<std::optional<std::string>(const std::string&)>& environment);

/// The surroundings that decide which profiles a command acts on.
struct ProfileSurroundings {
  std::string home;               ///< absolute
  std::string working_directory;  ///< absolute, real
  std::string claude_config_dir;  ///< CLAUDE_CONFIG_DIR; empty: ~/.claude
};

/// The built-in `claude` profile with the default excludes (docs/profiles.md).
Profile claude_profile(const ProfileSurroundings& surroundings);
/// The project's profile when the working directory lies in one: `claude-<dir>-<6 hex>`.
std::optional<Profile> find_project_profile(const ProfileSurroundings& surroundings);
/// The profile for PATHs given to `snapshot`: the configured or built-in one with exactly that
/// root, else a new `<last component>-<6 hex>`. Paths may be files; they must exist.
/// @throws Error NotFound (a path, with "did you mean -m?"), Invalid (equal or nested roots)
Profile profile_for_paths(const std::vector<std::string>& paths, const Config& config,
                          const ProfileSurroundings& surroundings);
/// A configured or built-in profile by name.
std::optional<Profile> find_profile(const std::string& name, const Config& config,
                                    const ProfileSurroundings& surroundings);
/// The name that PATHs or a stream get: lowered, cleaned, with 6 hex digits of a hash.
std::string derived_profile_name(std::string_view component, std::string_view hashed);

}  // namespace stravinsky
