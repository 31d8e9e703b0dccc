#include "checking.hpp"

#include <random>

#include "present/words.hpp"
#include "signals.hpp"

namespace stravinsky::cli {

hooks::ChecksOptions checks_options(Session& session) {
  hooks::ChecksOptions options;
  options.interpreters =
      hooks::find_interpreters(find_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin"));
  Progress& progress = session.progress("checking");
  options.cancelled = [&progress] { return progress.cancelled(); };
  options.interpreters.cancelled = options.cancelled;
  options.home = session.environment().home;
  options.config = session.config();
  options.spot_check_seed = std::random_device()();
  return options;
}

hooks::HealthChecks health_checks(Session& session) {
  hooks::HealthChecks health;
  health.environment = all_variables();
  health.on_group = signals::group_forwarder();
  health.cancelled = [] { return signals::received() != 0; };
  health.on_output = [&session](std::string output, bool passed) {
    if (passed && session.globals.verbose == 0) return;
    while (!output.empty() && output.back() == '\n') output.pop_back();
    if (!output.empty()) session.talk(shown_text(output));
  };
  return health;
}

Exit exit_of_checks(const hooks::ValidationReport& report) noexcept {
  const bool only_in_use =
      report.failed_checks.size() == 1 && report.failed_checks.front() == "file_locks";
  return only_in_use ? Exit::Busy : Exit::ChecksFailed;
}

}  // namespace stravinsky::cli
