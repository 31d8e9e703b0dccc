#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/profile_settings.hpp"

namespace stravinsky {

std::string expand_home(const std::string& path, const std::string& home) {
  if (path == "~") return home;
  return path.starts_with("~/") ? home + path.substr(1) : path;
}

std::string clean_path(const std::string& path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return {};
  std::string clean;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    if (part == "..") return {};
    if (!part.empty() && part != ".") clean += "/" + part;
    start = end + 1;
  }
  return clean.empty() ? "/" : clean;
}

bool contains_path(const std::string& outer, const std::string& inner) {
  return outer == inner || outer == "/" || inner.starts_with(outer + "/");
}

void choose_mounts(std::vector<ProfileRoot>& roots) {
  std::set<std::string> taken;
  for (const ProfileRoot& root : roots) taken.insert(root.mount);
  for (ProfileRoot& root : roots) {
    if (!root.mount.empty()) continue;
    std::string component = root.path.substr(root.path.rfind('/') + 1);
    if (component.empty()) component = "root";
    root.mount = component;
    for (int i = 2; !taken.insert(root.mount).second; ++i) {
      root.mount = fmt::format("{}-{}", component, i);
    }
  }
}

}  // namespace stravinsky
