#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stravinsky/past_operations.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// As the public one, for those who have no Store.
std::optional<PastOperation> find_undo(Store::Parts& parts,
                                       const std::vector<std::string>& profiles);

}  // namespace stravinsky
