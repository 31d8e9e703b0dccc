#pragma once

#include <string>

#include "core/bytes.hpp"

namespace stravinsky::fs {

/// rename(2), replacing what is there. @throws Error of the errno
void rename(const std::string& from, const std::string& to);
/// Renames only if nothing has the new name; false when something has.
/// Where the filesystem knows no RENAME_NOREPLACE: link(2), then unlink(2) of the old name.
bool rename_to_free_name(const std::string& from, const std::string& to);
/// Creates a file that must not exist (0600), with all of its content. A failure removes it again.
/// @param durable  also fsync
void write_new(const std::string& path, ByteView content, bool durable);
/// `<directory>/<prefix>-<pid>-<n>.tmp`, unique in this process.
std::string unique_name(const std::string& directory, std::string_view prefix);
/// Removes `path` if it is a directory that holds nothing but empty directories; else does nothing.
/// @throws Error of the errno where one cannot be looked at or removed
void remove_empty_directories(const std::string& path);

}  // namespace stravinsky::fs
