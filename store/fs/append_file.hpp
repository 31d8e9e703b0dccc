#pragma once

#include <string>

#include "core/bytes.hpp"

namespace stravinsky::fs {

/// Adds `bytes` to the end of a file in one write, making it (0600). Not durable; a crash may leave
/// part of them. @throws Error of the errno
void append_file(const std::string& path, ByteView bytes);

}  // namespace stravinsky::fs
