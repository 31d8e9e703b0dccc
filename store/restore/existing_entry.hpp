#pragma once

#include <string>

#include "restore/apply_attributes.hpp"
#include "stravinsky/entry.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// The file type bits of a mode, as stat(2) shows them.
mode_t type_bits(EntryType type) noexcept;

/// What stands where an entry shall go, and what is to be done about it.
enum class Standing {
  Absent,
  Replace,
  Unchanged,
  Skip,      ///< the caller's `Overwrite` keeps it
  InTheWay,  ///< a directory: never removed
};

/// Judges an entry that is not a directory. Follows nothing and changes nothing.
/// @param path  for messages
/// @throws Error of the errno
Standing judge_existing(int directory, const Entry& entry, Overwrite overwrite, OwnerPolicy& owners,
                        const std::string& path);

}  // namespace stravinsky
