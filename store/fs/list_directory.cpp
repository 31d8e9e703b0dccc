#include "fs/list_directory.hpp"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fs/fd.hpp"

namespace stravinsky::fs {
namespace {

/// The kernel's struct linux_dirent64, whose name runs on behind it.
struct KernelEntry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
};
constexpr std::size_t kNameOffset = 19;

}  // namespace

int list_directory(int fd, std::vector<DirectoryEntry>& entries) {
  entries.clear();
  if (lseek(fd, 0, SEEK_SET) < 0) return errno;
  thread_local std::vector<char> buffer(64 * 1024);
  for (;;) {
    const long count = syscall(SYS_getdents64, fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return 0;
    for (long at = 0; at < count;) {
      const char* raw = buffer.data() + at;
      KernelEntry head{};
      std::memcpy(&head, raw, kNameOffset);
      const char* name = raw + kNameOffset;
      if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0) {
        entries.push_back({name, head.type, head.inode});
      }
      at += head.length;
    }
  }
}

std::vector<DirectoryEntry> list_directory(int fd, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  if (const int error = list_directory(fd, entries)) throw errno_error("list", path, error);
  return entries;
}

std::vector<DirectoryEntry> list_directory(const std::string& path) {
  const Fd fd = open_directory(path);
  return list_directory(fd.get(), path);
}

}  // namespace stravinsky::fs
