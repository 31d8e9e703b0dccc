#pragma once

#include <memory>
#include <vector>

#include "checks/checked_tree.hpp"
#include "stravinsky/update.hpp"
#include "update/release_tree.hpp"

namespace stravinsky::hooks {

/// What would be live after some edits, for the checks: nothing of it is anywhere yet. Faults of
/// files that no edit touches only warn. Keeps its arguments by reference.
std::unique_ptr<CheckedTree> make_candidate_tree(const Profile& profile, const FileTree& live,
                                                 const std::vector<TreeEdit>& edits);

/// What is live after a switch, read again, compared with what was live before.
/// @param known  losses that there were before, which are no news
/// @throws Error as read_checked_tree
std::unique_ptr<CheckedTree> read_switched_tree(const Store& store, const Profile& profile,
                                                const FileTree& before,
                                                const std::vector<TreeEdit>& edits,
                                                const std::vector<Loss>& known = {});

}  // namespace stravinsky::hooks
