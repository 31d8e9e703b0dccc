#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Waits until nobody else holds git's lock on the chain: for operations that would have to take
/// back what they did if they could not tell of it. @throws Error Locked
void require_free_chain(Store::Parts& parts);

}  // namespace stravinsky
