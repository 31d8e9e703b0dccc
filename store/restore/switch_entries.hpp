#pragma once

#include <string>
#include <vector>

#include "restore/open_operation.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// How far an entry is.
enum class Switched {
  No,     ///< the live name is as it was captured
  Yes,    ///< the live name is the staged entry, or gone
  Half,   ///< without RENAME_EXCHANGE: the old one is out, the new one not in
  Other,  ///< somebody else took or changed the name
};

/// Where an entry stands, told by inodes: device numbers may change with a boot.
Switched look_at_entry(OpenOperation& operation, const JournalEntry& entry);

/// Switches every entry that is not switched yet, in order.
///
/// Each step leaves a state that `look_at_entry` tells, so this may be killed anywhere and run
/// again.
/// @returns whether a replaced name was absent for a moment: its filesystem cannot exchange names
/// @throws Error Changed: a live name is not what was captured; of the errno. Some are switched
/// then
bool switch_forward(OpenOperation& operation);

/// Takes back every entry that is switched, in the opposite order.
/// @returns names that somebody else took meanwhile: they stay as they are
std::vector<RestoreIssue> switch_back(OpenOperation& operation);

}  // namespace stravinsky
