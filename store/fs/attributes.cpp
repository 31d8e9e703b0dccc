#include "fs/attributes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "stravinsky/entry.hpp"

namespace stravinsky::fs {
namespace {

/// Calls `get(buffer, size)` until what it reports fits; the value may grow between two calls.
template <typename Get>
int read_growing(std::string& value, Get&& get) {
  char first[1024];
  ssize_t count = get(first, sizeof first);
  if (count >= 0) {
    value.assign(first, static_cast<std::size_t>(count));
    return 0;
  }
  while (errno == ERANGE) {
    count = get(nullptr, std::size_t{0});
    if (count < 0) break;
    value.resize(static_cast<std::size_t>(count) + 1);  // never 0: that asks for the size
    count = get(value.data(), value.size());
    if (count >= 0) {
      value.resize(static_cast<std::size_t>(count));
      return 0;
    }
  }
  return errno;
}

template <typename List, typename Get>
int read_all(Xattrs& xattrs, List&& list, Get&& get) {
  xattrs.clear();
  std::string names;
  if (const int error = read_growing(names, list)) {
    return error == ENOTSUP || error == ENOSYS ? 0 : error;
  }
  int failed = 0;
  for (std::size_t at = 0; at < names.size(); at += std::strlen(names.c_str() + at) + 1) {
    const char* name = names.c_str() + at;
    std::string value;
    const int error = read_growing(
        value, [&](char* buffer, std::size_t size) { return get(name, buffer, size); });
    if (error == 0) {
      xattrs.emplace_back(name, std::move(value));
    } else if (error != ENODATA) {  // removed since it was listed
      failed = error;
    }
  }
  std::sort(xattrs.begin(), xattrs.end());
  return failed;
}

}  // namespace

int read_xattrs(int fd, Xattrs& xattrs) {
  return read_all(
      xattrs, [&](char* buffer, std::size_t size) { return flistxattr(fd, buffer, size); },
      [&](const char* name, char* buffer, std::size_t size) {
        return fgetxattr(fd, name, buffer, size);
      });
}

int read_xattrs(int directory, const std::string& name, Xattrs& xattrs) {
  const std::string path = fmt::format("/proc/self/fd/{}/{}", directory, name);
  const int error = read_all(
      xattrs,
      [&](char* buffer, std::size_t size) { return llistxattr(path.c_str(), buffer, size); },
      [&](const char* attribute, char* buffer, std::size_t size) {
        return lgetxattr(path.c_str(), attribute, buffer, size);
      });
  struct stat status {};
  const bool is_gone =
      error == ENOENT && fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0;
  return is_gone ? 0 : error;
}

int read_inode_flags(int fd, std::uint32_t& flags) noexcept {
  flags = 0;
  int kept = 0;  // the kernel writes an int, whatever the number of the request says
  if (ioctl(fd, FS_IOC_GETFLAGS, &kept) == 0) {
    flags = static_cast<std::uint32_t>(kept) & inode_flags::kKept;
    return 0;
  }
  switch (errno) {
    case ENOTTY:
    case EOPNOTSUPP:
    case ENOSYS:
    case EINVAL:
    case EPERM:
    case EACCES:
      return 0;
    default:
      return errno;
  }
}

}  // namespace stravinsky::fs
