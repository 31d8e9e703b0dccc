#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exit_status.hpp"
#include "session.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky::cli {

/// What the hooks after an operation are told of it: `STRAVINSKY_…` without the prefix.
using HookFacts = std::vector<std::pair<std::string, std::string>>;

/// An operation in two parts, so that hooks that run after it are still in its answer.
struct HookedOperation {
  std::string name;  ///< `snapshot`, `update`, `rollback`, `restore`
  std::function<Exit(HookFacts&)> act;
  std::function<void(Exit)> show;  ///< the answer, with what it all ends with
};

/// Carries out an operation between the hooks of its profiles. When an essential `before` hook
/// fails nothing is done, and that is told with 20; any other essential one that fails turns 0
/// into 3. A failure of the operation runs the `failed` hooks and goes on to the caller.
Exit with_hooks(Session& session, const std::vector<Profile>& profiles,
                const HookedOperation& operation);

}  // namespace stravinsky::cli
