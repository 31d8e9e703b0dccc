#pragma once

#include <string>
#include <vector>

namespace stravinsky::fs {

/// The regular files below a directory, as paths relative to it, in no order. Links are neither
/// followed nor listed; a directory that vanishes meanwhile, or `root` missing, has no files.
/// @throws Error of the errno
std::vector<std::string> list_files_below(const std::string& root);

}  // namespace stravinsky::fs
