#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "fs/fd.hpp"

namespace stravinsky::fs {

/// Reads until `buffer` is full or the file ends; short reads and EINTR are retried.
/// @returns bytes read; -1 with errno on failure
ssize_t read_some(int fd, void* buffer, std::size_t size) noexcept;
/// As `read_some`, at an offset, leaving the file position alone.
ssize_t read_at(int fd, void* buffer, std::size_t size, std::uint64_t offset) noexcept;
/// Writes all of `bytes`. @throws Error of the errno, naming `path`
void write_all(int fd, ByteView bytes, const std::string& path);

/// The whole file. @throws Error of the errno; Corrupt when it is larger than `limit` bytes
std::string read_file(const std::string& path, std::uint64_t limit = 1 << 30);
/// As `read_file`; empty result when it does not exist.
std::optional<std::string> find_file(const std::string& path, std::uint64_t limit = 1 << 30);
/// The first `most` bytes, of a shorter file all; empty result when it does not exist. For small
/// files that are compared or parsed: one that is too long fits as little as any other damaged one.
/// @throws Error of the errno
std::optional<std::string> find_beginning(const std::string& path, std::size_t most);

/// lstat(2); empty result when it does not exist. @throws Error of any other errno
std::optional<struct stat> find_stat(const std::string& path);
/// stat(2): as find_stat, of what a link leads to.
std::optional<struct stat> find_target_stat(const std::string& path);
/// Whether the kernel's clock has gone on since the file last changed, by more than the longest
/// tick it stamps files by: whoever changes it from now on leaves another stamp.
bool is_settled(const struct stat& status);
/// fstat(2). @throws Error of the errno, naming `path`
struct stat stat_of(int fd, const std::string& path);
bool exists(const std::string& path);

/// Creates one directory, mode 0700 unless given; false when a directory is there already.
bool make_directory(const std::string& path, mode_t mode = 0700);
/// `make_directory` for every missing component.
void make_directories(const std::string& path, mode_t mode = 0700);
/// Removes a file; false when there was none. @throws Error of any other errno
bool remove_file(const std::string& path);
/// Removes a tree without following links, through descriptors; false when there was none.
bool remove_tree(const std::string& path);
/// realpath(3). @throws Error of the errno
std::string real_path(const std::string& path);

}  // namespace stravinsky::fs
