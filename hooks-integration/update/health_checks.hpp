#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stravinsky/profile.hpp"

namespace stravinsky::hooks {

/// What is asked once a change is live: what profiles always ask, then what this change was given.
struct HealthChecks {
  std::vector<Profile> profiles;      ///< whose own checks come first, each with its own tries
  std::vector<std::string> commands;  ///< each a line for `/bin/sh -c`
  std::chrono::milliseconds timeout{60'000};  ///< for each command
  std::chrono::milliseconds delay{0};         ///< before each try: what was started may need it
  std::uint64_t tries = 1;                    ///< of all commands, until none fails
  std::chrono::milliseconds deadline{0};      ///< for everything together; 0: none
  std::vector<std::string> environment = {};  ///< `NAME=value`
  std::function<void(pid_t)> on_group = {};
  std::function<bool()> cancelled = {};
  std::function<void(const std::string& output, bool passed)> on_output = {};

  /// Whether there is anything to ask.
  bool any() const;

  // What tests replace.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
  std::function<void(std::chrono::milliseconds)> pause = {};
};

/// @returns what failed in its last try, a line each; empty: all is well
std::vector<std::string> run_health_checks(const HealthChecks& checks);

}  // namespace stravinsky::hooks
