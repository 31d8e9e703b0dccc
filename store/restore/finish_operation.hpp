#pragma once

#include <optional>
#include <string>
#include <vector>

#include "restore/finish_directories.hpp"
#include "restore/open_operation.hpp"
#include "snapshots/occasion.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky {

// The second half of an operation on live files, which whoever recovers it runs too. The caller
// holds the locks of its profiles.

/// What a finished switch has to tell.
struct Finished {
  std::vector<CreateReport> recorded;  ///< one for each profile: what the live tree is now
  std::vector<RestoreIssue> issues, in_use;
};

/// Switches what is not switched yet, records it, clears up, and removes the journal unless a
/// replaced file is still written to. An automatic rollback whose event cannot be written stays
/// done, with a remark: what is live is wrong without it. The journal stands, too, by which the
/// next writing command records it and clears up.
/// @throws Error Changed: the live tree is not what was captured. It may be partly switched then:
///               call `revert_operation`
Finished finish_operation(Store& store, OpenOperation& operation, const SideTrees& sides,
                          Progress& progress);

/// Takes back what is switched, records the failure and clears up.
/// @param why  told in the event
/// @returns names that others took meanwhile, and files of theirs that are kept
std::vector<RestoreIssue> revert_operation(Store& store, OpenOperation& operation,
                                           const SideTrees& sides, const std::string& why);

/// How the event of an operation says that it ended.
enum class Outcome { Done, Reverted };
/// Empty: there is no such event yet.
std::optional<Outcome> find_outcome(const Store& store, const FileJournal& journal);

/// The end of an operation whose event is published. @returns what has to stay, and where
std::vector<RestoreIssue> clear_operation(Store& store, OpenOperation& operation,
                                          const SideTrees& sides, Outcome outcome);

}  // namespace stravinsky
