#include "restore/existing_entry.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "fs/fd.hpp"
#include "fs/file_status.hpp"
#include "restore/write_content.hpp"

namespace stravinsky {
namespace {

bool link_is(int directory, const Entry& entry) {
  const std::string& target = entry.link;
  std::string present(target.size() + 1, '\0');
  const ssize_t length = readlinkat(directory, entry.name.c_str(), present.data(), present.size());
  return length >= 0 && present.substr(0, static_cast<std::size_t>(length)) == target;
}

bool same_content(int directory, const Entry& entry, const struct stat& status,
                  const std::string& path) {
  switch (entry.type) {
    case EntryType::File: {
      if (static_cast<std::uint64_t>(status.st_size) != entry.size) return false;
      const fs::Fd file =
          fs::open_at(directory, entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      return file && has_content(file.get(), entry, path);
    }
    case EntryType::Symlink:
      return link_is(directory, entry);
    case EntryType::CharDevice:
    case EntryType::BlockDevice:
      return status.st_rdev == makedev(entry.device_major, entry.device_minor);
    default:
      return true;
  }
}

bool is_unchanged(int directory, const Entry& entry, OwnerPolicy& owners, const struct stat& status,
                  const std::string& path) {
  if ((status.st_mode & S_IFMT) != type_bits(entry.type)) return false;
  if (entry.mtime && fs::mtime_of(status) != *entry.mtime) return false;
  if (entry.type != EntryType::Symlink && (status.st_mode & 07777) != entry.mode) return false;
  if (owners.sets_owner() &&
      (status.st_uid != owners.user_of(entry) || status.st_gid != owners.group_of(entry))) {
    return false;
  }
  return same_content(directory, entry, status, path);
}

}  // namespace

mode_t type_bits(EntryType type) noexcept {
  switch (type) {
    case EntryType::File:
      return S_IFREG;
    case EntryType::Directory:
      return S_IFDIR;
    case EntryType::Symlink:
      return S_IFLNK;
    case EntryType::Fifo:
      return S_IFIFO;
    case EntryType::Socket:
      return S_IFSOCK;
    case EntryType::CharDevice:
      return S_IFCHR;
    case EntryType::BlockDevice:
      return S_IFBLK;
  }
  return 0;
}

Standing judge_existing(int directory, const Entry& entry, Overwrite overwrite, OwnerPolicy& owners,
                        const std::string& path) {
  struct stat status {};
  if (fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return Standing::Absent;
    fs::throw_errno("look at", path);
  }
  if (S_ISDIR(status.st_mode)) return Standing::InTheWay;
  switch (overwrite) {
    case Overwrite::Refuse:
    case Overwrite::Never:
      return Standing::Skip;
    case Overwrite::Always:
      return Standing::Replace;
    case Overwrite::IfNewer:
      return entry.mtime && fs::mtime_of(status) < *entry.mtime ? Standing::Replace
                                                                : Standing::Skip;
    case Overwrite::IfChanged:
      return is_unchanged(directory, entry, owners, status, path) ? Standing::Unchanged
                                                                  : Standing::Replace;
  }
  return Standing::Skip;
}

}  // namespace stravinsky
