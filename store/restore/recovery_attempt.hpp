#pragma once

#include <string>

#include "stravinsky/error.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky {

/// Tells the chain that what a crash cut short could not be ended: RECOVERY_ATTEMPT. One that could
/// be has an event already, its own. Never throws: what keeps the recovery from its end, a full
/// disk above all, mostly keeps the chain from telling, too.
void record_recovery_attempt(Store& store, const std::string& what, const Error& error) noexcept;

}  // namespace stravinsky
