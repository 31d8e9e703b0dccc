#pragma once

#include <vector>

#include "exit_status.hpp"
#include "present/changes.hpp"
#include "session.hpp"

namespace stravinsky::cli {

/// Says what could not be read and gives the exit status of `diff` and `status`.
/// @param exit_code  `--exit-code` was given: 1 for differences, 128 when there are none in what
/// could
///                   be read but something could not
Exit end_comparison(Session& session, const std::vector<ChangeReport>& reports, bool exit_code);

}  // namespace stravinsky::cli
