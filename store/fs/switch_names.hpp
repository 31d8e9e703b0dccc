#pragma once

#include <string>

#include "fs/fd.hpp"

namespace stravinsky::fs {

/// A name in an open directory.
struct NameAt {
  int directory = -1;
  std::string name;
};

/// Lets two names change places in one step: at no instant is either absent. @returns 0 or the
/// errno; EINVAL, ENOSYS: the filesystem or kernel cannot
int exchange(const NameAt& a, const NameAt& b) noexcept;

/// Gives what `from` names the name `to`, which must be free. Where the filesystem cannot say so in
/// one step: a link more and one less for files; for directories a look before the rename, which
/// replaces at worst an empty directory. @returns 0 or the errno; EEXIST: something has the name
int move_to_free_name(const NameAt& from, const NameAt& to) noexcept;

/// The same for a name that only we give, in a directory of ours: one rename on every filesystem,
/// so that no crash leaves the file with both names. @returns as move_to_free_name
int move_to_own_name(const NameAt& from, const NameAt& to) noexcept;

/// Makes everything written to the filesystem of an open file or directory durable, names included.
/// @throws Error of the errno, naming `path`
void sync_filesystem(int fd, const std::string& path);

/// Tries it with two directories of its own in an open one, which are gone afterwards.
/// @param path  of the open one, for errors
/// @returns false: its filesystem or kernel cannot. @throws Error of the errno: anything else
/// failed
bool can_exchange_directories(int directory, const std::string& path);

}  // namespace stravinsky::fs
