#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stravinsky::hooks {

/// What becomes of one file in an update.
struct MergedFile {
  enum class Outcome : unsigned char {
    Same,     ///< the user's file stays, as the release changed nothing, or the same
    Taken,    ///< the release's file replaces one that the user never changed, or is new
    Removed,  ///< the release has it no more, and the user never changed it
    Merged,   ///< both changed it, each something else
    Conflict,
  };
  Outcome outcome = Outcome::Same;
  std::optional<std::string> content;  ///< what is to be live; empty: nothing. Conflict: the user's
  std::string reason;                  ///< of a conflict: what collides
  std::string conflict;  ///< of a conflict of texts: the text with markers, to be shown
};

using OptionalText = std::optional<std::string_view>;

/// Merges what a release made of a file with what the user made of it: as git does for texts, by
/// key where all three are JSON. User edits are never dropped in silence: what cannot be kept
/// beside the release's change is a conflict.
/// @param base    the file of the last release; empty: it had none
/// @param ours    what is live
/// @param theirs  the file of the new release
/// Pure. Threads: any.
MergedFile merge_file(const std::string& path, OptionalText base, OptionalText ours,
                      OptionalText theirs);

}  // namespace stravinsky::hooks
