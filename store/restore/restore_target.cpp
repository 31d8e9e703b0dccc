#include "restore/restore_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky {
namespace {

Error refusal(Errc code, const std::string& target, std::string_view cause,
              std::string remedy = "give another directory with --to") {
  return Error(code, fmt::format("cannot restore to {}", quoted(target)), std::string(cause),
               std::move(remedy));
}

/// The directory or, as long as it is not there, the nearest one above it.
void require_outside(const std::string& target, const std::string& existing,
                     const std::vector<ForbiddenDirectory>& forbidden) {
  // Up by "..": by device and inode no bind mount and no other spelling hides the store.
  fs::Fd directory = fs::open(existing, O_PATH | O_DIRECTORY);
  struct stat status {};
  for (dev_t device = 0, inode = 0;;) {
    if (fstat(directory.get(), &status) != 0) fs::throw_errno("look at", existing);
    for (const ForbiddenDirectory& store : forbidden) {
      if (store.device == status.st_dev && store.inode == status.st_ino) {
        throw refusal(Errc::Invalid, target, "it lies inside the store");
      }
    }
    if (status.st_dev == device && status.st_ino == inode) return;  // the root is its own parent
    device = status.st_dev;
    inode = status.st_ino;
    directory = fs::open_at(directory.get(), "..", O_PATH | O_DIRECTORY);
    if (!directory) return;  // an unsearchable ancestor: it is none of ours
  }
}

std::vector<ForbiddenDirectory> identities_of(const std::vector<std::string>& directories) {
  std::vector<ForbiddenDirectory> result;
  for (const std::string& directory : directories) {
    struct stat status {};
    if (stat(directory.c_str(), &status) == 0) result.push_back({status.st_dev, status.st_ino});
  }
  return result;
}

}  // namespace

RestoreTarget open_restore_target(const RestoreOptions& options,
                                  const std::vector<std::string>& store_dirs) {
  std::string path = options.target;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.empty()) throw refusal(Errc::Invalid, path, "no directory was given");
  RestoreTarget target;
  target.forbidden = identities_of(store_dirs);

  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) fs::throw_errno("restore to", path);
    if (errno == ENOENT && fs::exists(path)) {
      throw refusal(Errc::Invalid, path, "it is a dangling symlink");
    }
    const std::string parent = fs::parent_of(path);
    const bool there = stat(parent.c_str(), &status) == 0;
    if (!there && errno == ENOENT) {
      throw refusal(Errc::Invalid, path, fmt::format("{} does not exist", quoted(parent)),
                    fmt::format("make it first: mkdir -p {}", quoted(parent)));
    }
    if (!there && errno != ENOTDIR) fs::throw_errno("restore to", path);
    if (!there || !S_ISDIR(status.st_mode)) {
      throw refusal(Errc::Invalid, path, fmt::format("{} is no directory", quoted(parent)));
    }
    require_outside(path, parent, target.forbidden);
    if (options.dry_run) return target;
    target.made = fs::make_directory(path);
  } else if (!S_ISDIR(status.st_mode)) {
    throw refusal(Errc::Invalid, path, "it is not a directory");
  } else {
    require_outside(path, path, target.forbidden);
  }

  target.directory = fs::open_directory(path);
  // Said once and at once, not for every entry.
  if (!options.dry_run && faccessat(target.directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    fs::throw_errno("write to", path);
  }
  target.was_empty = fs::list_directory(target.directory.get(), path).empty();
  if (!target.was_empty && options.overwrite == Overwrite::Refuse) {
    throw refusal(Errc::Exists, path, "it is not empty",
                  "give a new directory, or say what may be replaced with --overwrite");
  }
  return target;
}

}  // namespace stravinsky
