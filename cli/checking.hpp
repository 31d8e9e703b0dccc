#pragma once

#include "checks/run_checks.hpp"
#include "session.hpp"

namespace stravinsky::cli {

/// What the checks must be told of the surroundings and the settings.
hooks::ChecksOptions checks_options(Session& session);

}  // namespace stravinsky::cli
