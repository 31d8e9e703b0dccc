#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "index/stat_cache_parts.hpp"

namespace stravinsky {

/// The file: this header, the records (directory_record.hpp) in post-order, the account names.
/// Numbers are in the order of this machine: on another the magic number differs.
struct CacheHeader {
  std::uint64_t magic = 0x68636163'76727473;  // "strvcach" where the low byte comes first
  std::uint32_t version = 1;
  std::uint32_t checksum = 0;  ///< CRC-32 of all that follows
  std::uint64_t size = 0;      ///< of the file
  std::uint64_t top = 0;       ///< offset of the topmost record; 0: none
  std::uint64_t accounts = 0;  ///< offset of the account names
  ObjectId basis;
  std::uint32_t reserved = 0;
};
inline constexpr std::size_t kCacheHeaderSize = sizeof(CacheHeader);
static_assert(kCacheHeaderSize == 64);

std::string encode_accounts(const std::vector<AccountName>& accounts);
/// Empty result for damaged bytes.
std::optional<std::vector<AccountName>> decode_accounts(std::string_view bytes);

}  // namespace stravinsky
