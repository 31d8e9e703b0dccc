#pragma once

#include <string>
#include <vector>

namespace stravinsky {

/// A regular file that a process has open for writing.
struct OpenFile {
  std::string path;
  std::string processes;  ///< such as `123 (vim)`; empty: none that may be seen
};

/// Those of some files that have a writer, in their order. The kernel is asked for a read lease on
/// each, which it gives only while nobody writes; where it gives none at all, /proc is looked at.
/// What cannot be opened for reading, and what is no regular file, has none here. Links are not
/// followed.
std::vector<OpenFile> list_files_with_writers(const std::vector<std::string>& paths);

}  // namespace stravinsky
