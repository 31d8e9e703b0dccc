#pragma once

#include <string>

namespace stravinsky::fs {

/// Refuses a directory that another user owns, or that group or others can reach: what lies in it
/// may be secret, and must be ours. @throws Error Denied, NotFound, Io
void require_private_directory(const std::string& path);
/// That entries can be made in a directory, as far as modes and mounts tell. @throws Error Denied,
/// NotFound, Io
void require_writable(const std::string& path);
/// chmod 0700 of a file of ours that is to be run.
void make_executable(const std::string& path);

}  // namespace stravinsky::fs
