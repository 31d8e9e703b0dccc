// What no snapshot of a profile would take in, told before anything of it is there: the same rules
// that a scan goes by.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "scan/excluder.hpp"
#include "snapshots/path.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky {
namespace {

/// The part of a path below its root, and which root that is; null: it is in none.
const ProfileRoot* find_root(const Profile& profile, const std::string& path, std::string& below) {
  for (const ProfileRoot& root : profile.roots) {
    if (root.mount.empty()) {
      below = path;
      return &root;
    }
    if (!is_at_or_below(path, root.mount)) continue;
    below = path == root.mount ? std::string() : path.substr(root.mount.size() + 1);
    return &root;
  }
  return nullptr;
}

std::optional<std::string> fault_of(const Profile& profile, std::string path,
                                    const ReadIgnore& ignore) {
  const bool is_directory = path.ends_with('/');
  if (is_directory) path.pop_back();
  std::string below;
  const ProfileRoot* root = find_root(profile, path, below);
  if (root == nullptr) return fmt::format("it is in no root of the profile {}", profile.name);
  if (below.empty()) return std::nullopt;  // a root that is a file
  if (path == ".stravinsky" || path.starts_with(".stravinsky/")) return "the name is reserved";
  ExcludeOptions options;
  options.patterns = profile.exclude;
  Excluder excluder(options, root->include, "");
  const auto names = split_path(below);
  std::string directory;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string holder = join_path(root->mount, directory);
    if (const auto text = ignore(join_path(holder, kIgnoreFile))) {
      excluder.push(directory.empty() ? 0 : directory.size() + 1, *text, {});
    }
    directory = join_path(directory, names[i]);
    if (is_stage_name(names[i])) return "the name is reserved";
    if (excluder.leaves_out(directory, names[i], is_directory || i + 1 < names.size())) {
      return fmt::format("the profile {} leaves it out", profile.name);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> find_unmanaged(
    const Profile& profile, const std::vector<std::string>& paths, const ReadIgnore& ignore) {
  std::map<std::string, std::optional<std::string>> known;
  const ReadIgnore once = [&](const std::string& path) {
    const auto found = known.find(path);
    return found != known.end() ? found->second : known.emplace(path, ignore(path)).first->second;
  };
  std::vector<std::pair<std::string, std::string>> unmanaged;
  for (const std::string& path : paths) {
    if (auto fault = fault_of(profile, path, once)) unmanaged.emplace_back(path, *std::move(fault));
  }
  return unmanaged;
}

}  // namespace stravinsky
