#pragma once

#include <string>

#include "session.hpp"

namespace stravinsky::cli {

/// With `safety.require_manual_confirmation_for_rollback` somebody has to agree before live files
/// change: on the terminal, or by `--yes`. Says what to do where nobody did.
/// @param what  a sentence. @returns whether
bool is_confirmed(Session& session, const std::string& what);

}  // namespace stravinsky::cli
