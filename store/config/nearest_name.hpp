#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stravinsky {

/// The name in `known` that was probably meant by `name`: the fewest letters to add, drop, change
/// or swap with their neighbour, the first of equals. Empty when none is within a third of the
/// letters, or when `name` is longer than 100 bytes.
std::optional<std::string> find_nearest(std::string_view name, std::span<const std::string> known);

}  // namespace stravinsky
