#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "refs/ref_store.hpp"

namespace stravinsky {

/// Removes refs from `packed-refs`, when it holds any of them. Durable.
/// @throws Error Locked: somebody holds packed-refs.lock
void remove_packed_refs(const RefStore& refs, const std::string& tmp_dir,
                        const std::vector<std::string>& names, std::chrono::milliseconds wait);

/// Moves loose refs into `packed-refs` and removes their files, each under its own lock and only
/// while it still holds what was packed. Loose refs whose object is not a commit stay: packed-refs
/// would have to name what they peel to.
///
/// What a crash leaves: `stravinsky/packing` beside packed-refs.lock, then refs both loose and
/// packed with one value, which readers take for one; per-ref locks that hold the ref's own value.
/// @param names  existing loose refs that point at commits
void pack_refs(const RefStore& refs, const std::string& tmp_dir,
               const std::vector<std::string>& names, std::chrono::milliseconds wait);

/// The marker that says a packed-refs.lock is ours.
std::string packing_marker(const RefStore& refs);

}  // namespace stravinsky
