#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stravinsky::hooks {

/// Variables by their names without `STRAVINSKY_`.
using Variables = std::vector<std::pair<std::string, std::string>>;

/// An environment with ours in place of what it had of these names.
/// @param environment  `NAME=value`
std::vector<std::string> with_variables(const std::vector<std::string>& environment,
                                        const Variables& ours);

}  // namespace stravinsky::hooks
