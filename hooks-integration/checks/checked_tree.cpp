#include "checks/checked_tree.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "stravinsky/diff.hpp"
#include "validators/file_kind.hpp"

namespace stravinsky::hooks {

std::uint64_t CheckedTree::bytes() const {
  std::uint64_t sum = 0;
  for (const CheckedFile& file : files_) sum += file.size;
  return sum;
}

std::string CheckedTree::live_path(const std::string& path) const {
  return stravinsky::live_path(profile_, path).value_or(path);
}

std::string CheckedTree::project() const {
  if (profile_.roots.size() != 1) return {};
  const bool is_project = std::any_of(files_.begin(), files_.end(), [](const CheckedFile& file) {
    return claude_path(file.path) != file.path;
  });
  return is_project ? profile_.roots.front().path : std::string();
}

TreeContext::Script state_of_script(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return TreeContext::Script::Missing;
  const bool may_run = S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
  return may_run ? TreeContext::Script::Executable : TreeContext::Script::NotExecutable;
}

}  // namespace stravinsky::hooks
