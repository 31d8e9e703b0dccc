#pragma once

#include "fs/lock.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Takes `lock.refs`, then finishes what a dead writer left: removes its lock files and temporary
/// files, and moves the refs of the events after `applied` to where they say. Done already: changes
/// nothing. A ref that stands somewhere unknown is left: the next event reports it.
///
/// May be killed anywhere and run again.
/// @returns the lock, still held
fs::Lock lock_refs_and_recover(Store::Parts& parts);

/// Points HEAD at a profile's branch when it still points at the audit chain.
void point_head_at_first_profile(const Store::Parts& parts, const RefMap& refs);

}  // namespace stravinsky
