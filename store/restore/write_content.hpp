#pragma once

#include <cstdint>
#include <string>

#include "packs/object_database.hpp"
#include "stravinsky/entry.hpp"
#include "stravinsky/progress.hpp"

namespace stravinsky {

/// What came of writing a file's content.
struct WrittenContent {
  bool complete = false;
  std::string reason;  ///< when not complete: what the store lacks
};

enum class ReadBack : bool { No, Yes };

/// Writes the content of a regular file to an empty open file; zero blocks of a file that was
/// sparse become holes.
/// @param path       for messages
/// @param read_back  reads each piece again once it is written, and compares the bytes: what they
///                   are compared with has the recorded SHA-256, so no second one need be taken
/// @throws Error of what went wrong with the file; Cancelled
WrittenContent write_content_to(int fd, const ObjectDatabase& database, const Entry& entry,
                                const ObjectId& content, const std::string& path,
                                ReadBack read_back, Progress& progress);

/// Whether an open file has exactly the recorded content. Reads it all.
/// @throws Error of the errno
bool has_content(int fd, const Entry& entry, const std::string& path);

}  // namespace stravinsky
