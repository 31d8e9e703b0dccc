#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace stravinsky::fs {

/// The numbers of user and group names on this system, each asked for once.
/// Threads: any.
class AccountIds {
 public:
  std::optional<uid_t> find_user(const std::string& name);
  std::optional<gid_t> find_group(const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, std::optional<uid_t>> users_;
  std::map<std::string, std::optional<gid_t>> groups_;
};

}  // namespace stravinsky::fs
