#pragma once

#include <string>

#include "session.hpp"

namespace stravinsky::cli {

/// With `safety.require_manual_confirmation_for_rollback` somebody has to agree before live files
/// change: on the terminal, or by `--yes`. Where nobody did it says what to do, and an event of the
/// store says that it was refused.
/// @param what        a sentence
/// @param event_type  of that event, and its `subject`
/// @param refused     what a refusal ends with
/// @returns whether
bool is_confirmed(Session& session, const std::string& what, const std::string& event_type,
                  const std::string& subject, Exit refused = Exit::NotConfirmed);

}  // namespace stravinsky::cli
