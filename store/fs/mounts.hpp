#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace stravinsky::fs {

/// Within one of these a name can be moved: the same device, seen through the same mount. A bind
/// mount shares the one and not the other, a subvolume of btrfs the other and not the one.
struct Volume {
  std::uint64_t device = 0, mount = 0;  ///< mount: 0 where the kernel does not tell (before 5.8)
  auto operator<=>(const Volume&) const = default;
};
/// Of an open file or directory. @throws Error of the errno, naming `path`
Volume volume_of(int fd, const std::string& path);

/// A filesystem that is mounted on a directory or somewhere below it, as far as /proc tells.
/// @param path  real and absolute
std::optional<std::string> find_mount_at_or_below(const std::string& path);

}  // namespace stravinsky::fs
