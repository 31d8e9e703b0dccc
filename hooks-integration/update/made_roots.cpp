// What a crash leaves: an empty directory in the place of a root.
#include "update/made_roots.hpp"

#include <unistd.h>

#include <filesystem>

#include "update/file_errors.hpp"

namespace stravinsky::hooks {

namespace files = std::filesystem;

void MadeRoots::make(const Profile& profile, const FileTree& release) {
  for (const ProfileRoot& root : profile.roots) {
    const bool is_wanted = root.mount.empty() || release.has_directory(root.mount);
    if (!is_wanted || files::exists(files::symlink_status(root.path))) continue;
    std::vector<std::string> missing;
    for (files::path path = root.path; !path.empty() && !files::exists(path);
         path = path.parent_path()) {
      missing.push_back(path.string());
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
      std::error_code code;
      files::create_directory(*path, code);
      if (code) throw cannot_do("make the directory", *path, code);
      made_.push_back(*path);
    }
  }
}

void MadeRoots::take_back() noexcept {
  // What came into one meanwhile is somebody's: that keeps it.
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) rmdir(path->c_str());
  made_.clear();
}

}  // namespace stravinsky::hooks
