#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/time.hpp"

namespace stravinsky::fs {

/// The setters of one open file, directory, or O_PATH descriptor of anything else. They follow
/// nothing and return 0 or the errno, since a caller that restores goes on and reports.
/// The descriptor's kind decides the way: system calls that refuse O_PATH go through /proc.
class AttributeSetter {
 public:
  enum class Kind { Open, PathOnly };

  AttributeSetter(int fd, Kind kind) : fd_(fd), kind_(kind) {}

  /// @param uid, gid  -1 leaves one as it is
  int set_owner(uid_t uid, gid_t gid) const noexcept;
  int set_mode(mode_t mode) const noexcept;
  int set_xattr(const std::string& name, std::string_view value) const noexcept;
  int remove_xattr(const std::string& name) const noexcept;
  /// Sets exactly the bits of `flags` among those of `mask`, leaving the others alone.
  /// ENOTTY or EOPNOTSUPP: the filesystem has none. Open descriptors only.
  int set_inode_flags(std::uint32_t flags, std::uint32_t mask) const noexcept;
  int set_mtime(const FileTime& time) const noexcept;  ///< leaves the access time alone
  int status(struct stat& status) const noexcept;
  /// Names of the extended attributes; none where they cannot be had.
  std::vector<std::string> list_xattrs() const;

 private:
  std::string by_proc() const;

  int fd_;
  Kind kind_;
};

inline constexpr const char* kAccessAcl = "system.posix_acl_access";
inline constexpr const char* kDefaultAcl = "system.posix_acl_default";

/// Whether what is made in this open directory inherits an ACL.
bool has_default_acl(int directory) noexcept;

/// The group's own permission (0 to 7) in an access ACL, where a mode would show the mask.
/// 0 for bytes that are no ACL.
mode_t group_permission(std::string_view acl) noexcept;

}  // namespace stravinsky::fs
