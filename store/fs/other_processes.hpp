#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

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
/// A regular file by its device and inode.
using FileIdentity = std::pair<dev_t, ino_t>;
/// @returns empty: it is something else
std::optional<FileIdentity> identity_of(int fd) noexcept;
/// The regular files that other processes have open for writing, as far as /proc shows, with which:
/// as name_writers, for many files at once.
using WrittenFiles = std::map<FileIdentity, std::string>;
WrittenFiles list_written_files();
/// The other processes that have the directory, or one below it, open or as their working
/// directory, as far as /proc shows. @param path  real and absolute
std::string name_processes_inside(const std::string& path);

}  // namespace stravinsky::fs
