#pragma once

#include <string>
#include <string_view>

namespace stravinsky {

/// What comes of two changes of one text.
struct MergedText {
  std::string text;  ///< with conflict markers, as `git merge-file` writes them, where they collide
  bool has_conflicts = false;
};

/// Merges line by line what was made of `base` on two sides, as `git merge-file` does.
/// @param our_name, their_name  what the sides are called in conflict markers
/// @throws Error Invalid: one of them is too large for a merge. Threads: any.
MergedText merge_text(std::string_view base, std::string_view ours, std::string_view theirs,
                      const std::string& our_name, const std::string& their_name);

}  // namespace stravinsky
