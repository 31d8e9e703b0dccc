#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "fs/mapping.hpp"
#include "index/directory_record.hpp"
#include "index/stat_cache.hpp"

namespace stravinsky {

/// The name under which a user or group was recorded.
struct AccountName {
  bool is_group = false;
  std::uint32_t id = 0;
  std::string name;
  auto operator<=>(const AccountName&) const = default;
};

/// What a scan sees of the cache. The bytes are those of the file, header included.
struct StatCache::Parts {
  fs::Mapping mapping;
  std::string own;        ///< replaces the mapping once a scan has built a new image
  std::uint64_t top = 0;  ///< offset of the topmost record; 0: none
  std::vector<AccountName> accounts;
  std::optional<ObjectId> basis;  ///< that it was loaded with
  bool changed = false;

  ByteView image() const noexcept { return own.empty() ? mapping.bytes() : as_bytes(own); }
  std::optional<DirectoryRecord> find_top() const;
};

/// Puts the records of a scan together, in whatever order they come, to a new image.
/// Threads: `add` and `keep` from any.
class CacheBuilder {
 public:
  using Node = std::uint32_t;
  static constexpr Node kNone = UINT32_MAX;  ///< a directory that is not remembered

  /// A record and those of its sub-directories, in order.
  Node add(std::string record, std::vector<Node> directories);
  /// A record of the old image with everything below it. It must stay until `finish`.
  Node keep(const DirectoryRecord& record);
  /// The new content of a cache; takes the records apart as it goes.
  void finish(Node top, std::vector<AccountName> accounts, StatCache::Parts& parts);

 private:
  struct Piece {
    std::string record;  ///< empty: kept
    std::vector<Node> directories;
    std::string_view kept;        ///< the subtree's bytes
    std::uint64_t kept_size = 0;  ///< of its last record
    std::uint64_t start = 0;      ///< of the record in the new image
  };
  std::mutex mutex_;
  std::deque<Piece> pieces_;
};

}  // namespace stravinsky
