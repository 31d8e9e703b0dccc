#pragma once

#include <optional>
#include <string>

namespace stravinsky::fs {

/// A filesystem that is mounted on a directory or somewhere below it, as far as /proc tells.
/// @param path  real and absolute
std::optional<std::string> find_mount_at_or_below(const std::string& path);

}  // namespace stravinsky::fs
