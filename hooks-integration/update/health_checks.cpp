#include "update/health_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "process/run_process.hpp"
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

std::vector<std::string> try_all(const HealthChecks& checks, const Deadline& deadline) {
  std::vector<std::string> failures;
  for (const std::string& command : checks.commands) {
    if (deadline.is_over()) {
      failures.push_back(
          fmt::format("check {}: the time for all checks was over", quoted(command)));
      continue;
    }
    ProcessOptions process;
    process.words = {"/bin/sh", "-c", command, "sh"};
    process.environment = checks.environment;
    process.timeout = deadline.left(checks.timeout);
    process.on_group = checks.on_group;
    process.cancelled = checks.cancelled;
    const ProcessResult result = run_process(process);
    if (result.succeeded()) continue;
    if (checks.on_output && !result.output.empty()) checks.on_output(result.output);
    failures.push_back(fmt::format("check {}: {}", quoted(command), result.how_it_ended()));
  }
  return failures;
}

}  // namespace

std::vector<std::string> run_health_checks(const HealthChecks& checks) {
  const Deadline deadline(checks);
  std::vector<std::string> failures;
  if (checks.commands.empty()) return failures;
  for (std::uint64_t tried = 0; tried < std::max<std::uint64_t>(checks.tries, 1); ++tried) {
    if (tried > 0 && deadline.is_over()) break;
    wait(checks, deadline.left(checks.delay));
    failures = try_all(checks, deadline);
    if (failures.empty() || (checks.cancelled && checks.cancelled())) break;
  }
  return failures;
}

}  // namespace stravinsky::hooks
