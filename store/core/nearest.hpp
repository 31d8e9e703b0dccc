#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stravinsky {

/// The candidates most like a misspelt word, best first: those that begin with it, then those
/// within an edit distance of about a third of its length. At most `limit`.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t limit = 3);

}  // namespace stravinsky
