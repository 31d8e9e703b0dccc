#pragma once

#include "stravinsky/time.hpp"

namespace stravinsky {

/// Whether a file with these times cannot have been written after `looked_at` without its change
/// time telling: git's racy-clean rule.
///
/// The kernel stamps files with the time of its last tick, so two writes within a tick leave the
/// same stamp, and one of them may have come after we read. Times without nanoseconds come from a
/// filesystem that counts whole or even seconds. A change time in the future (a clock that was set
/// back, another host's clock) may come again and is never believed.
/// @param looked_at  read from the kernel's own file clock before the file was looked at
bool is_believable(FileTime modified, FileTime changed, Timestamp looked_at) noexcept;

}  // namespace stravinsky
