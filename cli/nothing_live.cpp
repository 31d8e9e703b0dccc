#include "nothing_live.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "profiles.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

bool is_directory(const ProfileRoot& root) {
  std::error_code failed;
  return std::filesystem::is_directory(root.path, failed);
}

}  // namespace

std::optional<CreateOptions> of_nothing(CreateOptions create) {
  const auto& roots = create.profile.roots;
  if (std::none_of(roots.begin(), roots.end(), is_directory)) return std::nullopt;
  create.exclude.patterns = {"*"};
  return create;
}

std::vector<std::string> live_roots(const std::vector<Profile>& profiles) {
  std::vector<std::string> paths;
  for (const Profile& profile : profiles) {
    for (const ProfileRoot& root : profile.roots) {
      if (is_there(root)) paths.push_back(root.path);
    }
  }
  return paths;
}

std::vector<std::string> remove_emptied(const std::vector<std::string>& roots) {
  std::vector<std::string> left;
  for (const std::string& root : roots) {
    if (rmdir(root.c_str()) == 0 || errno == ENOENT) continue;
    left.push_back(fmt::format(
        "{} was not there before, and stays: {}", quoted(root),
        errno == ENOTDIR ? "it is a file; remove it by hand" : "it holds what is not captured"));
  }
  return left;
}

}  // namespace stravinsky::cli
