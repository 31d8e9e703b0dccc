#pragma once

#include <string>

#include "snapshots/capture.hpp"

namespace stravinsky {

/// What the profile of a capture asks to be recorded besides its files, as a JSON object; empty:
/// nothing. `modifications` are told here, the others by `StoreOptions::facts`.
/// @throws Error as `diff_live`; Invalid: those are no JSON object
std::string facts_of(const Capture& taken, const Store& store, Progress& progress);

}  // namespace stravinsky
