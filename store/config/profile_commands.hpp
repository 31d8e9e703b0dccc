#pragma once

#include <vector>

#include "config/profile_values.hpp"

namespace stravinsky {

// What a profile has run: hooks, reload actions and checks. All of them are a line for the shell
// (`command`) or a program with its arguments (`run`), and have a `timeout`.

/// `{"before-update": ["command", {"command": …, "essential": …, "timeout": …}]}`
std::vector<LifecycleHook> read_hooks(const ProfileValues& values, const JsonValue& value);
/// `["command", {"paths": ["agents/**"], "run": ["/bin/launchctl", …], …}]`
std::vector<ReloadAction> read_reload(const ProfileValues& values, const JsonValue& value);
/// `["command", {"command": …, "timeout": …, "delay": …, "tries": …}]`
std::vector<HealthCheck> read_checks(const ProfileValues& values, const JsonValue& value);

}  // namespace stravinsky
