#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stravinsky::hooks {

/// What is asked once an update is live, each a line for `/bin/sh -c`.
struct HealthChecks {
  std::vector<std::string> commands;
  std::chrono::milliseconds timeout{60'000};  ///< for each
  std::chrono::milliseconds delay{0};         ///< before each try: what was started may need it
  std::uint64_t tries = 1;                    ///< of all of them, until none fails
  std::chrono::milliseconds deadline{0};      ///< for everything together; 0: none
  std::vector<std::string> environment = {};  ///< `NAME=value`
  std::function<void(pid_t)> on_group = {};
  std::function<bool()> cancelled = {};
  std::function<void(const std::string& output)> on_output = {};

  // What tests replace.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
  std::function<void(std::chrono::milliseconds)> pause = {};
};

/// @returns what failed in the last try, a line each; empty: all is well
std::vector<std::string> run_health_checks(const HealthChecks& checks);

}  // namespace stravinsky::hooks
