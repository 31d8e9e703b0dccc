#pragma once

#include <string>
#include <vector>

#include "update/run_update.hpp"

namespace stravinsky::hooks {

/// What was found of an update that is live.
struct Verification {
  std::vector<std::string> failures;  ///< none: all is well
  FailureKind failure = FailureKind::Unknown;
  bool interrupted = false;  ///< it was asked to stop; that is a failure too
  ValidationReport checks;
};

/// Whether anybody looks at what is live before it counts.
bool is_verified(const UpdateRequest& request);

/// Looks at what an update made live: whether it is what was to be, whether it passes the checks of
/// files, and whether all is well by what the profile and the request ask. Throws nothing of type
/// Error: what cannot be found out is a failure.
/// @param report  with `before`, `after`, `plan` and `switched`
/// @param live    what was live before
/// @param lost    what of it could not be read
Verification verify_update(Store& store, const UpdateRequest& request, const UpdateReport& report,
                           const FileTree& live, const std::vector<Loss>& lost);

}  // namespace stravinsky::hooks
