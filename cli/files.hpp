#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stravinsky::cli {

/// The file's bytes; empty when it does not exist.
/// @param limit  in bytes; a larger file is an error
/// @throws Error Denied, Io, Invalid (a directory, or too large)
std::optional<std::string> read_file(const std::string& path, std::size_t limit);
/// All that can be read from a descriptor. @throws Error Io, Invalid (more than `limit`)
std::string read_all(int fd, const std::string& name, std::size_t limit);
/// `-` is standard input, anything else a file that must exist.
std::string read_argument_file(const std::string& path, std::size_t limit);

/// Replaces or creates a file, whole or not at all at any crash: temporary file beside it, fsync,
/// rename, fsync of the directory. Keeps the mode of what it replaces; 0600 for a new one.
/// @throws Error Denied, NoSpace, Io
void replace_file(const std::string& path, std::string_view content);

/// An Error from errno: `cannot <what> '<path>': <reason>`.
[[noreturn]] void throw_errno(std::string_view what, const std::string& path);

/// Absolute, without `.` and `..` components taken textually; links are not followed.
std::string absolute_path(const std::string& path);

}  // namespace stravinsky::cli
