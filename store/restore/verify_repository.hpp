#pragma once

#include "stravinsky/verify.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Checks what stands beside the objects and refs and decides what plain git makes of them: files
/// and refs that git obeys and we do not, HEAD, and the settings that keep git's own maintenance
/// away from objects no ref reaches yet. A clone's settings are its owner's.
void check_repository(Store::Parts& parts, const RefMap& refs, VerifyReport& report);

}  // namespace stravinsky
