#pragma once

#include <string>

#include "core/bytes.hpp"

namespace stravinsky::fs {

/// fsync(2) of an open file. A failure is final: the kernel has dropped the pages, so nobody may
/// try again on the same file. @throws Error of the errno
void sync_file(int fd, const std::string& path);
/// fsync(2) of a directory, which makes its names durable.
void sync_directory(const std::string& path);

/// Replaces or creates `path` with `bytes`, whole or not at all at any crash.
///
/// Writes `<temporary>`, fsync, rename, fsync of the directory; a crash leaves the old file, the
/// new one, or the old one and `<temporary>`.
/// @param temporary  a path on the same filesystem that nobody else uses; overwritten
void write_durably(const std::string& path, const std::string& temporary, ByteView bytes,
                   unsigned mode = 0600);
/// The same without the two fsyncs, for what can be rebuilt.
void write_atomically(const std::string& path, const std::string& temporary, ByteView bytes,
                      unsigned mode = 0600);

/// As `write_durably`, but never replaces: of two writers at once exactly one succeeds.
///
/// The name appears with the whole content behind it. A crash leaves no file, the whole file, or
/// also `<temporary>`.
/// @throws Error Exists when `path` is taken, by a link that leads nowhere too
void create_durably(const std::string& path, const std::string& temporary, ByteView bytes,
                    unsigned mode = 0600);

/// The directory part of a path, "." for a bare name.
std::string parent_of(const std::string& path);

}  // namespace stravinsky::fs
