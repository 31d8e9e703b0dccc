#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "stravinsky/entry.hpp"

namespace stravinsky {

/// The values of the keyword `type`.
inline constexpr std::array<std::pair<std::string_view, EntryType>, 7> kTypeNames{{
    {"file", EntryType::File},
    {"dir", EntryType::Directory},
    {"link", EntryType::Symlink},
    {"fifo", EntryType::Fifo},
    {"socket", EntryType::Socket},
    {"char", EntryType::CharDevice},
    {"block", EntryType::BlockDevice},
}};

/// The words of the keyword `flags`, in the order in which they are written.
inline constexpr std::array<std::pair<std::string_view, std::uint32_t>, 8> kFlagNames{{
    {"append", inode_flags::kAppend},
    {"compress", inode_flags::kCompress},
    {"dirsync", inode_flags::kDirSync},
    {"immutable", inode_flags::kImmutable},
    {"noatime", inode_flags::kNoAtime},
    {"nocow", inode_flags::kNoCow},
    {"nodump", inode_flags::kNoDump},
    {"sync", inode_flags::kSync},
}};

}  // namespace stravinsky
