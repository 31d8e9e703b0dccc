#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/profile.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/update.hpp"
#include "update/release_tree.hpp"

namespace stravinsky::hooks {

enum class Strategy : std::uint8_t {
  Merge,    ///< three-way against the release before: what the user made of it stays
  Replace,  ///< the release as it is: managed files that it lacks go
};

/// What an update does to one path.
struct UpdateItem {
  enum class Action : std::uint8_t {
    Add,
    Change,
    Remove,
    Merge,     ///< the user's changes and the release's, in one file
    Keep,      ///< the release has another one, and it stays the user's
    Conflict,  ///< nothing is done while there is any
    Ignore,    ///< the release has it, and the profile does not take it
  };
  std::string path;
  Action action = Action::Add;
  std::string reason;  ///< of a conflict, or why it is ignored or kept
  std::string shown;   ///< of a conflict of texts: the text with markers
};
std::string_view name_of(UpdateItem::Action action) noexcept;  ///< `add`, `change`, …

struct UpdatePlan {
  std::vector<UpdateItem> items;  ///< sorted by path; files that stay as they are not among them
  std::vector<TreeEdit> edits;    ///< of what is live; none while there are conflicts
  std::vector<TreeEdit> release;  ///< all of it that the profile takes, to be kept as delivered

  std::size_t count(UpdateItem::Action action) const;
  bool has_conflicts() const { return count(UpdateItem::Action::Conflict) != 0; }
};

/// Decides what an update does, file by file; changes nothing.
/// @param live  what is live
/// @param base  the release that `live` grew out of; null: none is known, so a file that differs is
///              a conflict, and one that only the user has stays
/// @param lost  what is live and could not be read: it stays as it is, with all below it
/// @throws Error what the trees throw
UpdatePlan plan_update(Strategy strategy, const Profile& profile, const FileTree& release,
                       const FileTree& live, const FileTree* base,
                       const std::vector<Loss>& lost = {});

}  // namespace stravinsky::hooks
