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
    /// What an automatic rollback could not mend becomes the last good snapshot. No key of the
    /// file: whoever runs a command opts in, by ENABLE_ROLLBACK_AUTO_RECOVER.
    bool falls_back_to_last_good = false;
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

/// What is known about one setting of config.json; docs/configuration.md shows all of them.
struct SettingInfo {
  std::string key;            ///< such as `backup.max_versions`
  std::string type;           ///< in words, such as `a whole number from 0 to 100`
  std::string default_value;  ///< JSON text
  std::string variable;       ///< `STRAVINSKY_<SECTION>_<KEY>`
  std::string alias;          ///< a second variable; empty: there is none
  std::string meaning;
};

/// Every setting but `version` and `profiles`, sorted by key.
std::vector<SettingInfo> list_settings();

/// Where each value came from, for `config list --show-origin`: key such as `backup.max_versions`,
/// value as JSON text, origin `default`, `file` or the variable's name. `version` and each
/// `profiles.<name>` of the file are among them.
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
/// @param environment  looks a variable up: STRAVINSKY_<SECTION>_<KEY>, the documented aliases, and
///                     CLAUDE_CONFIG_DIR for what `profiles.claude` leaves as built in; an empty
///                     variable counts as unset
/// @throws Error Invalid, with `file:line:column` or the variable's name, for bad JSON, an
///               ill-typed value or one out of range
LoadedConfig load_config(
    const std::optional<std::string>& text, const std::string& file, const std::string& home,
    const std::function<std::optional<std::string>(const std::string&)>& environment);

/// The surroundings that decide which profiles a command acts on.
struct ProfileSurroundings {
  std::string home;               ///< absolute
  std::string working_directory;  ///< absolute, real
  std::string claude_config_dir;  ///< CLAUDE_CONFIG_DIR, absolute; empty: ~/.claude
};

/// The built-in `claude` profile with the default excludes (docs/profiles.md).
Profile claude_profile(const ProfileSurroundings& surroundings);
/// The built-in `launch-agents` profile: the property lists in ~/Library/LaunchAgents.
Profile launch_agents_profile(const ProfileSurroundings& surroundings);
/// Every profile that is known without a word of config.json; `claude` is the first.
std::vector<Profile> builtin_profiles(const ProfileSurroundings& surroundings);
/// The project's profile when the working directory lies in one: `claude-<dir>-<6 hex>`.
std::optional<Profile> find_project_profile(const ProfileSurroundings& surroundings);
/// The profile for PATHs given to `snapshot`: the configured or built-in one with exactly those
/// roots, else a new `<last component>-<6 hex>`, named after the first. A project's profile is
/// never chosen: its root takes in only part of the directory, and a PATH means all of it. Paths
/// may be files; they must exist; relative ones start at the working directory.
/// @throws Error NotFound (a path, with "did you mean -m?"), Invalid (equal or nested roots)
Profile profile_for_paths(const std::vector<std::string>& paths, const Config& config,
                          const ProfileSurroundings& surroundings);
/// A configured or built-in profile by name; the project's too, when the working directory is in
/// it.
std::optional<Profile> find_profile(const std::string& name, const Config& config,
                                    const ProfileSurroundings& surroundings);
/// The name that PATHs or a stream get: lowered, cleaned, with 6 hex digits of a hash.
std::string derived_profile_name(std::string_view component, std::string_view hashed);

}  // namespace stravinsky
