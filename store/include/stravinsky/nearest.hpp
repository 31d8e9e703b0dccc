#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stravinsky {

/// The name in `known` that was probably meant by `name`: the fewest letters to add, drop, change
/// or swap with their neighbour, the first of equals. Empty when none is within a third of the
/// letters, or when `name` is longer than 100 bytes.
std::optional<std::string> find_nearest(std::string_view name, std::span<const std::string> known);

/// The names in `known` most like `name`, best first: those that begin with it, then those within a
/// third of its letters, at least two. At most `limit`, none twice.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known,
                                 std::size_t limit = 3);

}  // namespace stravinsky
