#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "exit_status.hpp"
#include "session.hpp"
#include "stravinsky/profile.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace stravinsky::cli {

/// What the hooks after an operation are told of it: `STRAVINSKY_…` without the prefix.
using HookFacts = std::vector<std::pair<std::string, std::string>>;

/// What an operation changed of each profile, by its name: paths from the top of the snapshot.
using ChangedPaths = std::map<std::string, std::vector<std::string>>;

/// An operation in two parts, so that hooks that run after it are still in its answer.
struct HookedOperation {
  std::string name;  ///< `snapshot`, `update`, `rollback`, `restore`, `recovery`
  std::function<Exit(HookFacts&)> act;
  std::function<void(Exit)> show;              ///< the answer, with what it all ends with
  HookFacts known = {};                        ///< what the hooks before it are told besides
  std::function<ChangedPaths()> changed = {};  ///< asked once it has acted; none: nothing live
};

/// Carries out an operation between the hooks of its profiles. When an essential `before` hook
/// fails nothing is done, and that is told with 20; any other essential one that fails turns 0
/// into 3. A failure of the operation runs the `failed` hooks and goes on to the caller. What it
/// changed is told to the reload actions, before the hooks after it run.
Exit with_hooks(Session& session, const std::vector<Profile>& profiles,
                const HookedOperation& operation);

/// Only the reload actions, for what changes live files and is no operation with hooks.
/// @param operation  what they are told that it was. @returns false: an essential one failed
bool run_reload_actions(Session& session, const std::vector<Profile>& profiles,
                        const std::string& operation, const ChangedPaths& changed);

/// `--reload`: which of them run.
void add_reload_option(CLI::App* cmd, Session& session);

}  // namespace stravinsky::cli
