#pragma once

#include <cstddef>
#include <string>

namespace stravinsky::fs {

/// As `bytes.reserve(size)`, and has the kernel give all pages of a large room in one call: touched
/// one by one, each is a fault of its own, and those cost more than reading the file they are for.
/// Where the kernel cannot (before Linux 5.14) they come as they are touched.
void reserve_pages(std::string& bytes, std::size_t size);

}  // namespace stravinsky::fs
