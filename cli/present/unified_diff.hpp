#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stravinsky::cli {

/// Lines that came and went between two texts.
struct LineCounts {
  std::size_t added = 0, removed = 0;
};

/// A NUL among the first 8,000 bytes, as git judges it.
bool is_binary(std::string_view content) noexcept;

/// The hunks (`@@ -1,3 +1,4 @@ …`) that turn one text into the other, with three lines of context
/// around; empty when they are equal. `git apply` and `patch` take them.
///
/// Shortest edit script (Myers) up to 2,000 changed lines; beyond that, everything between the
/// first and the last difference counts as replaced, so time and memory stay bounded.
std::string unified_diff(std::string_view before, std::string_view after);
LineCounts count_changed_lines(std::string_view before, std::string_view after);

}  // namespace stravinsky::cli
