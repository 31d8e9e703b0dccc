#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "index/stat_cache_parts.hpp"

namespace stravinsky {

/// The names of users and groups, each asked for once a scan. Threads: any.
class AccountCache {
 public:
  /// Asks anew for all that the last scan met.
  explicit AccountCache(const std::vector<AccountName>& known);

  /// None has another name now than then, so what was stored with the names still holds.
  bool names_hold() const { return names_hold_; }
  std::string user(std::uint32_t uid) { return find(false, uid); }
  std::string group(std::uint32_t gid) { return find(true, gid); }
  std::vector<AccountName> list() const;

 private:
  std::string find(bool is_group, std::uint32_t id);

  mutable std::mutex mutex_;
  std::map<std::pair<bool, std::uint32_t>, std::string> names_;
  bool names_hold_ = true;
};

}  // namespace stravinsky
