#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/entry.hpp"

namespace stravinsky {

/// Limits of docs/format.md, "Metadata" and "What a reader refuses".
inline constexpr std::size_t kMaxNameBytes = 4096;
inline constexpr std::size_t kMaxTreeEntries = 5'000'000;
inline constexpr std::size_t kMaxEntriesInOnePart = 4096;  ///< a larger directory is cut into parts
inline constexpr std::size_t kMaxParts = 1'000'000;        ///< as many as six digits number

/// One directory's metadata: its own line and a line for each entry, as docs/format.md "Metadata".
struct DirectoryMetadata {
  Entry self;                  ///< name "."
  std::vector<Entry> entries;  ///< sorted by raw name, bytewise; no name twice
};

/// The `%mtree` text. `self` is a directory named ".", `entries` are sorted by raw name. For
/// sub-directories only name, type and digest are written: the rest stands in their own text.
/// Appends to `out`, which hot loops reuse.
void encode_mtree(const Entry& self, const std::vector<const Entry*>& entries, std::string& out);

/// Where to cut the text into parts: the offsets at which parts begin, starting with 0.
/// One part unless there are more than 4,096 entries. Any bytes may be given.
std::vector<std::size_t> mtree_parts(std::string_view text);

/// Reads the text strictly: only what `encode_mtree` writes is accepted, so that one directory has
/// one digest. A sub-directory's entry comes back without attributes: they stand in its own text.
/// @throws Error Corrupt with the line number, Hostile for names that no directory can hold
DirectoryMetadata parse_mtree(std::string_view text);

/// Names in mtree text: bytes outside `!` to `~`, and `\`, `#` and `=`, become `\ooo`.
void append_vis(std::string_view raw, std::string& out);

}  // namespace stravinsky
