#include "update/health_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "lifecycle/run_hooks.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

/// How much of a deadline is left, by whatever clock.
class Deadline {
 public:
  explicit Deadline(const HealthChecks& checks)
      : clock_(checks.clock ? checks.clock : Steady::now),
        limit_(checks.deadline),
        started_(clock_()) {}

  milliseconds left(milliseconds wanted) const {
    if (limit_ == milliseconds::zero()) return wanted;
    const auto passed = std::chrono::duration_cast<milliseconds>(clock_() - started_);
    return std::clamp(limit_ - passed, milliseconds::zero(), wanted);
  }
  bool is_over() const { return left(milliseconds(1)) == milliseconds::zero(); }

 private:
  std::function<Steady::time_point()> clock_;
  milliseconds limit_;
  Steady::time_point started_;
};

void wait(const HealthChecks& checks, milliseconds time) {
  const auto pause =
      checks.pause ? checks.pause : [](milliseconds part) { std::this_thread::sleep_for(part); };
  // In parts, so that a signal is not waited out.
  while (time > milliseconds::zero() && !(checks.cancelled && checks.cancelled())) {
    const milliseconds part = std::min(time, milliseconds(100));
    pause(part);
    time -= part;
  }
}

/// @returns how it failed; empty: it passed
std::string try_one(const HealthChecks& checks, const Deadline& deadline, ProcessOptions process) {
  if (deadline.is_over()) return "the time for all checks was over";
  process.timeout = deadline.left(process.timeout);
  process.on_group = checks.on_group;
  process.cancelled = checks.cancelled;
  const ProcessResult result = run_process(process);
  if (checks.on_output && !result.output.empty()) {
    checks.on_output(result.output, result.succeeded());
  }
  return result.succeeded() ? std::string() : result.how_it_ended();
}

bool is_cancelled(const HealthChecks& checks) { return checks.cancelled && checks.cancelled(); }

/// One of a profile, as often as it says.
std::string ask(const HealthChecks& checks, const Deadline& deadline, const Profile& profile,
                const HealthCheck& check) {
  ProcessOptions process;
  process.words = check.words.empty()
                      ? std::vector<std::string>{"/bin/sh", "-c", check.command, "sh"}
                      : check.words;
  process.directory = start_directory(profile);
  const std::string root = profile.roots.empty() ? std::string() : profile.roots.front().path;
  process.environment =
      with_variables(checks.environment, {{"PROFILE", profile.name}, {"ROOT", root}});
  process.timeout = std::chrono::seconds(check.timeout_seconds);
  std::string failure;
  for (std::uint64_t tried = 0; tried < check.tries; ++tried) {
    if (tried > 0 && deadline.is_over()) break;
    wait(checks, deadline.left(std::chrono::seconds(check.delay_seconds)));
    failure = try_one(checks, deadline, process);
    if (failure.empty() || is_cancelled(checks)) break;
  }
  return failure;
}

std::vector<std::string> try_commands(const HealthChecks& checks, const Deadline& deadline) {
  std::vector<std::string> failures;
  for (const std::string& command : checks.commands) {
    ProcessOptions process;
    process.words = {"/bin/sh", "-c", command, "sh"};
    process.environment = checks.environment;
    process.timeout = checks.timeout;
    const std::string failure = try_one(checks, deadline, std::move(process));
    if (failure.empty()) continue;
    failures.push_back(fmt::format("check {}: {}", quoted(command), failure));
  }
  return failures;
}

}  // namespace

bool HealthChecks::any() const {
  return !commands.empty() || std::any_of(profiles.begin(), profiles.end(),
                                          [](const Profile& one) { return !one.checks.empty(); });
}

std::vector<std::string> run_health_checks(const HealthChecks& checks) {
  const Deadline deadline(checks);
  std::vector<std::string> failures;
  for (const Profile& profile : checks.profiles) {
    for (const HealthCheck& check : profile.checks) {
      const std::string failure = ask(checks, deadline, profile, check);
      if (failure.empty()) continue;
      const std::string what =
          check.words.empty() ? check.command : fmt::format("{}", fmt::join(check.words, " "));
      failures.push_back(fmt::format("check {} of {}: {}", quoted(what), profile.name, failure));
    }
  }
  if (checks.commands.empty() || is_cancelled(checks)) return failures;
  std::vector<std::string> last;
  for (std::uint64_t tried = 0; tried < std::max<std::uint64_t>(checks.tries, 1); ++tried) {
    if (tried > 0 && deadline.is_over()) break;
    wait(checks, deadline.left(checks.delay));
    last = try_commands(checks, deadline);
    if (last.empty() || is_cancelled(checks)) break;
  }
  failures.insert(failures.end(), last.begin(), last.end());
  return failures;
}

}  // namespace stravinsky::hooks
