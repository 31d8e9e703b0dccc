#pragma once

#include <string>

#include "stravinsky/entry.hpp"

namespace stravinsky {

/// The header blocks of one tar entry: a ustar header, with a PAX extended header before it where
/// ustar has no room: long or many-digit values, times with fractions or before 1970, extended
/// attributes (`SCHILY.xattr.<name>` as GNU tar spells the names), inode flags (`SCHILY.fflags`).
/// libarchive's own writer is not used here: it gets times before 1970 wrong, changes names of
/// attributes, and marks every entry with a keyword that GNU tar warns of.
///
/// @param path       relative; directories get a '/' at the end
/// @param hard_link  the path of an earlier entry that is the same file; empty: none
/// @param size       of the content that follows
std::string pax_header(const std::string& path, const Entry& entry, const std::string& hard_link,
                       std::uint64_t size);

/// Zeros to fill up what follows a content of this size to whole blocks.
std::string tar_padding(std::uint64_t size);
/// The end of a tar stream.
std::string tar_end();

}  // namespace stravinsky
