#include "fs/set_attributes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace stravinsky::fs {
namespace {

/// fchmodat2(2), Linux 6.6, has no number in older headers; every architecture uses this one.
constexpr long kFchmodat2 = 452;

int result_of(int returned) noexcept { return returned == 0 ? 0 : errno; }

unsigned little_endian(std::string_view bytes, std::size_t at, std::size_t size) noexcept {
  unsigned value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

}  // namespace

std::string AttributeSetter::by_proc() const { return fmt::format("/proc/self/fd/{}", fd_); }

int AttributeSetter::set_owner(uid_t uid, gid_t gid) const noexcept {
  return result_of(fchownat(fd_, "", uid, gid, AT_EMPTY_PATH));
}

int AttributeSetter::set_mode(mode_t mode) const noexcept {
  if (kind_ == Kind::Open) return result_of(fchmod(fd_, mode));
  if (syscall(kFchmodat2, fd_, "", mode, AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOSYS && errno != EINVAL && errno != EPERM) return errno;
  return result_of(chmod(by_proc().c_str(), mode));
}

int AttributeSetter::set_xattr(const std::string& name, std::string_view value) const noexcept {
  return result_of(kind_ == Kind::Open
                       ? fsetxattr(fd_, name.c_str(), value.data(), value.size(), 0)
                       : setxattr(by_proc().c_str(), name.c_str(), value.data(), value.size(), 0));
}

int AttributeSetter::remove_xattr(const std::string& name) const noexcept {
  return result_of(kind_ == Kind::Open ? fremovexattr(fd_, name.c_str())
                                       : removexattr(by_proc().c_str(), name.c_str()));
}

int AttributeSetter::set_inode_flags(std::uint32_t flags, std::uint32_t mask) const noexcept {
  // Declared with long in the header, but the kernel reads and writes an int.
  int present = 0;
  if (ioctl(fd_, FS_IOC_GETFLAGS, &present) != 0) return errno;
  int wanted = static_cast<int>((static_cast<std::uint32_t>(present) & ~mask) | (flags & mask));
  if (wanted == present) return 0;
  return result_of(ioctl(fd_, FS_IOC_SETFLAGS, &wanted));
}

int AttributeSetter::set_mtime(const FileTime& time) const noexcept {
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                             {.tv_sec = static_cast<time_t>(time.seconds),
                              .tv_nsec = static_cast<long>(time.nanoseconds)}};
  if (kind_ == Kind::Open) return result_of(futimens(fd_, times));
  if (utimensat(fd_, "", times, AT_EMPTY_PATH) == 0) return 0;
  if (errno != EINVAL && errno != EBADF) return errno;  // Linux before 5.8
  return result_of(utimensat(AT_FDCWD, by_proc().c_str(), times, 0));
}

int AttributeSetter::status(struct stat& status) const noexcept {
  return result_of(fstatat(fd_, "", &status, AT_EMPTY_PATH));
}

std::vector<std::string> AttributeSetter::list_xattrs() const {
  std::string names(64 * 1024, '\0');  // the kernel's own limit
  const ssize_t size = kind_ == Kind::Open
                           ? flistxattr(fd_, names.data(), names.size())
                           : listxattr(by_proc().c_str(), names.data(), names.size());
  std::vector<std::string> result;
  for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);) {
    result.emplace_back(names.c_str() + at);
    at += result.back().size() + 1;
  }
  return result;
}

bool has_default_acl(int directory) noexcept {
  return fgetxattr(directory, kDefaultAcl, nullptr, 0) > 0;
}

mode_t group_permission(std::string_view acl) noexcept {
  // A version, then entries of tag, permission (16 bits each) and id (32 bits), little-endian.
  constexpr std::size_t kHeader = 4, kEntry = 8;
  constexpr unsigned kVersion = 2, kGroup = 0x04, kMask = 0x10;
  if (acl.size() < kHeader || (acl.size() - kHeader) % kEntry != 0) return 0;
  if (little_endian(acl, 0, 4) != kVersion) return 0;
  unsigned group = 0, mask = 7;
  for (std::size_t at = kHeader; at < acl.size(); at += kEntry) {
    const unsigned tag = little_endian(acl, at, 2), permission = little_endian(acl, at + 2, 2) & 7;
    if (tag == kGroup) group = permission;
    if (tag == kMask) mask = permission;
  }
  return group & mask;
}

}  // namespace stravinsky::fs
