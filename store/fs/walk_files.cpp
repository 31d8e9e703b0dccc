#include "fs/walk_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "fs/fd.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky::fs {

std::vector<std::string> list_files_below(const std::string& root,
                                          std::vector<std::string>* links) {
  std::vector<std::string> files;
  std::vector<std::string> pending = {""};
  while (!pending.empty()) {
    const std::string below = std::move(pending.back());
    pending.pop_back();
    const std::string path = below.empty() ? root : root + "/" + below;
    const Fd directory = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    if (!directory) throw_errno("list", path);
    for (const DirectoryEntry& entry : list_directory(directory.get(), path)) {
      std::string name = below.empty() ? entry.name : below + "/" + entry.name;
      unsigned char type = entry.type;
      if (type == DT_UNKNOWN) {
        struct stat status {};
        if (fstatat(directory.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
          if (errno == ENOENT) continue;
          throw_errno("look at", path + "/" + entry.name);
        }
        type = S_ISDIR(status.st_mode)   ? DT_DIR
               : S_ISREG(status.st_mode) ? DT_REG
               : S_ISLNK(status.st_mode) ? DT_LNK
                                         : DT_UNKNOWN;
      }
      if (type == DT_DIR) {
        pending.push_back(std::move(name));
      } else if (type == DT_REG) {
        files.push_back(std::move(name));
      } else if (type == DT_LNK && links != nullptr) {
        links->push_back(std::move(name));
      }
    }
  }
  return files;
}

}  // namespace stravinsky::fs
