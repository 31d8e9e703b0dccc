#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "scan/pending_directory.hpp"

namespace stravinsky {

/// Makes the names of one inode a group that is read once.
///
/// Names join in bytewise order of their paths, so the first is the one the others point at. When
/// it cannot be read by that name, the next takes its place. Threads: any; `join` from one.
class Hardlinks {
 public:
  struct Member {
    std::shared_ptr<PendingDirectory> directory;
    std::uint32_t child = 0;
  };
  struct Joined {
    enum class Role {
      First,  ///< nothing is known of the inode: read it, then call `read` or `lost`
      Waits,  ///< the member is handed out again by `read` or `lost`
      Knows,  ///< `record` and `hardlink` are those of the member
    } role;
    FileRecord record;
    std::string hardlink;  ///< empty: it is the first itself
  };
  /// @param known  what the cache knows of the content; null: nothing
  Joined join(const fs::FileStatus& status, const Member& member, const FileRecord* known);

  /// The first name was read. @returns those that waited for it
  std::vector<Member> read(const fs::FileStatus& status, const FileRecord& record,
                           std::string& first_path);
  /// The first name was lost. @returns the next to be read, without a directory if there is none
  Member lost(const fs::FileStatus& status);

 private:
  struct Key {
    std::uint64_t device, inode;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return static_cast<std::size_t>(key.inode * 0x9e3779b97f4a7c15U ^ key.device);
    }
  };
  struct Group {
    std::string first_path;
    bool is_read = false;
    FileRecord record;
    std::uint32_t joined = 0;  ///< when all links have, nobody asks any more
    std::deque<Member> waiting;
  };

  std::mutex mutex_;
  std::unordered_map<Key, Group, Hash> groups_;
};

}  // namespace stravinsky
