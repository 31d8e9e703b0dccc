#pragma once

#include <string_view>

#include "fs/fd.hpp"

namespace stravinsky::fs {

/// Opens `path` below the open directory `root` without ever following a symlink, in any component,
/// and without leaving `root`: through openat2(2), or component by component where the kernel has
/// none. The path may be longer than PATH_MAX. Empty on failure: see errno, where ELOOP and ENOTDIR
/// mean that something else stands in the place of a directory, and EXDEV that a path would lead
/// out.
/// @param path   relative; "" opens `root` anew; one with an empty, "." or ".." component is EXDEV
/// @param flags  of the last component; O_NOFOLLOW and O_CLOEXEC are added
Fd open_beneath(int root, std::string_view path, int flags) noexcept;

/// The same by openat(2) alone: what old kernels get. For tests.
Fd open_beneath_by_component(int root, std::string_view path, int flags) noexcept;

}  // namespace stravinsky::fs
