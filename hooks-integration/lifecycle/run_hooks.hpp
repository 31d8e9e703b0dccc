#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "process/run_process.hpp"
#include "process/variables.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky::hooks {

/// Where what a profile has run starts: its first live root that is a directory; without one `/`.
std::string start_directory(const Profile& profile);

/// What a hook is told, and by whom it is stopped.
struct HookContext {
  std::string operation;  ///< `snapshot`, `update`, `rollback`, `restore`, `recovery`
  std::string store;      ///< absolute
  /// `STRAVINSKY_…` without the prefix: what else is known, such as `SNAPSHOT`. docs/hooks.md.
  Variables facts = {};
  std::vector<std::string> environment = {};  ///< the caller's, `NAME=value`
  std::function<void(pid_t)> on_group = {};   ///< as ProcessOptions::on_group
  std::function<bool()> cancelled = {};
};

/// One hook that ran.
struct HookOutcome {
  std::string profile, moment;
  std::string what;  ///< the command, or the program with its arguments
  bool is_essential = false;
  ProcessResult result;

  bool succeeded() const { return result.succeeded(); }
  /// Such as `hook before-update 'make check' of claude: it exited with status 2`.
  std::string text() const;
};

/// Runs the hooks of one moment, such as `before` of the context's operation, for each of the
/// profiles in turn, each hook in the first live root that is a directory. After an essential
/// `before` hook that fails no further one runs.
/// Hooks are not run inside a hook: an environment with STRAVINSKY_HOOK runs none.
/// @returns those that ran, in their order
std::vector<HookOutcome> run_hooks(const std::vector<Profile>& profiles, std::string_view when,
                                   const HookContext& context);

/// Which of a profile's reload actions run.
enum class Reload : std::uint8_t { Affected, All, None };

/// Runs the reload actions of a profile that have to do with what was changed, each once, as hooks
/// are run. On its standard input each finds the live paths that it is about, NUL after each, and
/// their number in STRAVINSKY_CHANGED.
/// @param changed  from the top of the snapshot
/// @returns those that ran, in their order
std::vector<HookOutcome> run_reload_actions(const Profile& profile,
                                            const std::vector<std::string>& changed, Reload which,
                                            const HookContext& context);

/// The first that is essential and failed; null: none did.
const HookOutcome* find_essential_failure(const std::vector<HookOutcome>& outcomes);

}  // namespace stravinsky::hooks
