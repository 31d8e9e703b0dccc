#pragma once

#include <string>
#include <vector>

namespace stravinsky::fs {

/// The regular files below a directory, as paths relative to it, in no order. Links are not
/// followed; a directory that vanishes meanwhile, or `root` missing, has no files.
/// @param links  receives the symlinks there are, likewise; may be null
/// @throws Error of the errno
std::vector<std::string> list_files_below(const std::string& root,
                                          std::vector<std::string>* links = nullptr);

}  // namespace stravinsky::fs
