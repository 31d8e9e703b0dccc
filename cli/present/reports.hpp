#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/verify.hpp"

namespace stravinsky::cli {

/// What `checkout --to` did for one snapshot, or would do.
struct Restored {
  Snapshot snapshot;
  std::string target;
  RestoreReport report;
};
/// @param proceed  the command that does what a dry run shows
void show_restored(const View& view, const std::vector<Restored>& restored, bool dry_run,
                   const std::string& proceed, Exit exit);

void show_verified(const View& view, const VerifyReport& report, Exit exit);

/// What `dump` wrote. @param file  empty: standard output, then only the summary's warnings
void show_dumped(const View& view, const std::vector<Snapshot>& snapshots, const std::string& file,
                 const std::vector<std::string>& left_out, Exit exit);

/// A profile and where it comes from: `built-in`, `project`, `config`, `recorded`.
struct KnownProfile {
  Profile profile;
  std::string origin;
  std::size_t snapshots = 0;
  bool active = false;  ///< a command here acts on it
};
void show_profiles(const View& view, const std::vector<KnownProfile>& profiles);
void show_profile(const View& view, const KnownProfile& profile);

void show_settings(const View& view, const std::vector<ConfigValue>& values, bool origin);
/// One line that says what was done; as a document `{"message": …}` and what `members` adds.
void show_done(const View& view, std::string_view message,
               const std::vector<std::pair<std::string, std::string>>& members = {});

/// The end of a run that failed: `error:` and `fix:` lines on standard error, or the JSON summary.
void show_failure(const View& view, Exit exit, std::string_view code, std::string_view message,
                  std::string_view remedy);

}  // namespace stravinsky::cli
