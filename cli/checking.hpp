#pragma once

#include "checks/run_checks.hpp"
#include "exit_status.hpp"
#include "session.hpp"
#include "update/health_checks.hpp"

namespace stravinsky::cli {

/// What the checks must be told of the surroundings and the settings.
hooks::ChecksOptions checks_options(Session& session);

/// How it is asked whether a change left all well, with nothing to ask yet.
hooks::HealthChecks health_checks(Session& session);

/// What checks of which not all passed end with: Busy, where only files in use are in the way.
Exit exit_of_checks(const hooks::ValidationReport& report) noexcept;

}  // namespace stravinsky::cli
