#include "restore/apply_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/text.hpp"

namespace stravinsky {
namespace {

constexpr std::uint32_t kSetuid = 04000, kSetgid = 02000, kPermissions = 07777;
constexpr std::uint32_t kNobody = 0xFFFFFFFF;  ///< chown(2) takes it for "as it is"

std::string reason(std::string_view what, int error) {
  return fmt::format("{}: {}", what, std::generic_category().message(error));
}

struct Owner {
  bool user_is_right = false, group_is_right = false;
};

std::string described_owner(const Entry& entry) {
  const std::string user = entry.uname.empty() ? "" : fmt::format(" ({})", quoted(entry.uname));
  const std::string group = entry.gname.empty() ? "" : fmt::format(" ({})", quoted(entry.gname));
  return fmt::format("owner {}{}, group {}{} not set", entry.uid, user, entry.gid, group);
}

Owner apply_owner(const fs::AttributeSetter& setter, const Entry& entry, const struct stat& present,
                  OwnerPolicy& owners, std::vector<std::string>& reasons) {
  const uid_t user = owners.user_of(entry);
  const gid_t group = owners.group_of(entry);
  Owner owner{.user_is_right = present.st_uid == user, .group_is_right = present.st_gid == group};
  if (!owners.sets_owner() || (owner.user_is_right && owner.group_is_right)) return owner;
  if (user == kNobody || group == kNobody) {
    reasons.push_back(described_owner(entry) + ": no such number");
    return owner;
  }
  const int error = setter.set_owner(user, group);
  if (error == 0) return {.user_is_right = true, .group_is_right = true};
  // Not everybody may give files away, but to a group of one's own.
  if (!owner.group_is_right && setter.set_owner(kNobody, group) == 0) owner.group_is_right = true;
  if (owner.user_is_right && owner.group_is_right) return owner;
  reasons.push_back(reason(described_owner(entry), error));
  return owner;
}

/// @returns the mode to set: where the access ACL cannot be had, the group gets no more than the
///          ACL gave it, not the mask that the recorded mode shows in its place
std::uint32_t apply_xattrs(const fs::AttributeSetter& setter, const Entry& entry, mode_t present,
                           bool exact, std::vector<std::string>& reasons) {
  std::uint32_t mode = entry.mode & kPermissions;
  const auto is_recorded = [&](const std::string& name) {
    return std::any_of(entry.xattrs.begin(), entry.xattrs.end(),
                       [&](const auto& xattr) { return xattr.first == name; });
  };
  if (exact) {
    for (const std::string& name : setter.list_xattrs()) {
      const bool ours =
          name.starts_with("user.") || name == fs::kAccessAcl || name == fs::kDefaultAcl;
      if (!ours || is_recorded(name)) continue;
      if (const int error = setter.remove_xattr(name)) {
        reasons.push_back(reason(fmt::format("attribute {} not removed", quoted(name)), error));
      }
    }
  }
  for (const auto& [name, value] : entry.xattrs) {
    int error = setter.set_xattr(name, value);
    if (error == EACCES && (present & S_IWUSR) == 0 && !S_ISLNK(present)) {
      // user.* asks for the permission to write, which the owner of a read-only file lacks.
      if (setter.set_mode((present & kPermissions) | S_IWUSR) == 0) {
        error = setter.set_xattr(name, value);
        setter.set_mode(present & kPermissions);
      }
    }
    if (error == 0) continue;
    reasons.push_back(reason(fmt::format("attribute {} not set", quoted(name)), error));
    if (name == fs::kAccessAcl) {
      mode = (mode & ~std::uint32_t{070}) | (fs::group_permission(value) << 3);
    }
  }
  return mode;
}

/// @param present  empty: what was done since may have changed it
void apply_mode(const fs::AttributeSetter& setter, const Entry& entry, std::uint32_t mode,
                std::optional<mode_t> present, const Owner& owner,
                std::vector<std::string>& reasons) {
  std::string left_off;
  if (entry.type != EntryType::Directory) {
    if ((mode & kSetuid) != 0 && !owner.user_is_right) {
      mode &= ~kSetuid;
      left_off = "setuid left off, since the owner is another";
    }
    if ((mode & kSetgid) != 0 && !owner.group_is_right) {
      mode &= ~kSetgid;
      if (!left_off.empty()) left_off += "; ";
      left_off += "setgid left off, since the group is another";
    }
  }
  if (!left_off.empty()) reasons.push_back(left_off);
  struct stat now {};
  if (!present) {
    if (const int error = setter.status(now)) {
      reasons.push_back(reason("mode not set", error));
      return;
    }
    present = now.st_mode;
  }
  if ((*present & kPermissions) == mode) return;
  int error = setter.set_mode(mode);
  // chmod(2) drops setgid without a word where the group is none of ours.
  if (error == 0 && (mode & kSetgid) != 0 && setter.status(now) == 0 &&
      (now.st_mode & kSetgid) == 0) {
    error = EPERM;
  }
  if (error != 0) reasons.push_back(reason(fmt::format("mode {:04o} not set", mode), error));
}

void apply_time(const fs::AttributeSetter& setter, const Entry& entry,
                std::vector<std::string>& reasons) {
  if (!entry.mtime) return;
  if (const int error = setter.set_mtime(*entry.mtime)) {
    reasons.push_back(reason("time not set", error));
    return;
  }
  // Filesystems cut what they cannot hold without a word; most of them hold these.
  const std::int64_t seconds = entry.mtime->seconds;
  if (seconds >= 0 && seconds <= INT32_MAX) return;
  struct stat now {};
  if (setter.status(now) == 0 && now.st_mtim.tv_sec != seconds) {
    reasons.push_back(fmt::format("time not set: the filesystem cannot hold {} seconds", seconds));
  }
}

}  // namespace

uid_t OwnerPolicy::user_of(const Entry& entry) {
  if (numeric_ids_ || entry.uname.empty()) return entry.uid;
  return accounts_.find_user(entry.uname).value_or(entry.uid);
}

gid_t OwnerPolicy::group_of(const Entry& entry) {
  if (numeric_ids_ || entry.gname.empty()) return entry.gid;
  return accounts_.find_group(entry.gname).value_or(entry.gid);
}

std::vector<std::string> apply_attributes(const fs::AttributeSetter& setter, const Entry& entry,
                                          struct stat present, bool exact, OwnerPolicy& owners) {
  std::vector<std::string> reasons;
  const Owner owner = apply_owner(setter, entry, present, owners, reasons);
  const std::uint32_t mode = apply_xattrs(setter, entry, present.st_mode, exact, reasons);
  if (entry.type != EntryType::Symlink) {
    // An ACL sets permissions too, and chown(2) may take setuid away.
    const bool known =
        entry.xattrs.empty() && !exact && (present.st_mode & (kSetuid | kSetgid)) == 0;
    apply_mode(setter, entry, mode, known ? std::optional(present.st_mode) : std::nullopt, owner,
               reasons);
  }
  const std::uint32_t flags = entry.flags & ~kSealingFlags;
  if (flags != 0 || (exact && entry.type == EntryType::Directory)) {
    const int error = setter.set_inode_flags(flags, inode_flags::kKept & ~kSealingFlags);
    if (error != 0 && flags != 0) reasons.push_back(reason("inode flags not set", error));
  }
  apply_time(setter, entry, reasons);
  return reasons;
}

std::string apply_sealing_flags(const fs::AttributeSetter& setter, const Entry& entry) {
  const std::uint32_t flags = entry.flags & kSealingFlags;
  if (flags == 0) return {};
  const int error = setter.set_inode_flags(flags, kSealingFlags);
  return error == 0 ? std::string() : reason("immutable or append-only not set", error);
}

}  // namespace stravinsky
