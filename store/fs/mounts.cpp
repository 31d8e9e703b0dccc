// Source: proc(5), mountinfo: the mount point is the fifth field; space, tab, newline and backslash
// stand in it as a backslash and three octal digits.
#include "fs/mounts.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "fs/fd.hpp"

namespace stravinsky::fs {
namespace {

bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }

std::string unescape(const std::string& field) {
  std::string path;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) &&
        is_octal(field[i + 2]) && is_octal(field[i + 3])) {
      path += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                                (field[i + 3] - '0'));
      i += 3;
    } else {
      path += field[i];
    }
  }
  return path;
}

}  // namespace

Volume volume_of(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) throw_errno("look at", path);
  Volume volume{status.st_dev, 0};
  struct statx more {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &more) == 0) {
    if ((more.stx_mask & STATX_MNT_ID) != 0) volume.mount = more.stx_mnt_id;
  } else if (errno != ENOSYS && errno != EPERM) {  // an old kernel, or a sandbox of its time
    throw_errno("look at", path);
  }
  return volume;
}

std::optional<std::string> find_mount_at_or_below(const std::string& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    point = unescape(point);
    if (point == path || point.starts_with(path == "/" ? path : path + "/")) return point;
  }
  return std::nullopt;
}

}  // namespace stravinsky::fs
