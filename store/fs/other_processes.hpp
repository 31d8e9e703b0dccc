#pragma once

#include <string>

namespace stravinsky::fs {

/// Who else has a file open for writing.
enum class Writers {
  None,     ///< proved by the kernel, by a read lease that is given back at once
  Some,     ///< somebody writes to it
  Unknown,  ///< the kernel gives no lease on such a file, or not to us
};
/// @param fd  a regular file, open for reading only
Writers look_for_writers(int fd) noexcept;
/// The processes that have the file open for writing, as far as /proc shows: `123 (vim)`.
std::string name_writers(int fd);
/// The other processes that have the directory, or one below it, open or as their working
/// directory, as far as /proc shows. @param path  real and absolute
std::string name_processes_inside(const std::string& path);

}  // namespace stravinsky::fs
