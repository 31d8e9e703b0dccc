#include "restore/left_out.hpp"

#include <algorithm>
#include <string_view>

#include "snapshots/path.hpp"
#include "stravinsky/error.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {
namespace {

/// As rules see it: from the root on.
std::string_view below_root(const ProfileRoot& root, std::string_view path) {
  return root.mount.empty() ? path : path.substr(root.mount.size() + 1);
}

bool leaves_out(const Excluder* rules, const ProfileRoot& root, const std::string& path,
                bool is_directory) {
  return rules != nullptr &&
         rules->leaves_out(below_root(root, path), last_name(path), is_directory);
}

}  // namespace

bool LeftOut::has(const std::string& path, bool is_directory) {
  const auto& roots = source_.profile.roots;
  const auto root = std::find_if(roots.begin(), roots.end(), [&](const ProfileRoot& one) {
    return one.mount.empty() || is_at_or_below(path, one.mount);
  });
  if (root == roots.end() || path == root->mount) return false;
  const Scope& scope = scope_of(*root, parent_path(path));
  return scope.all || leaves_out(scope.rules.get(), *root, path, is_directory);
}

const LeftOut::Scope& LeftOut::scope_of(const ProfileRoot& root, const std::string& directory) {
  std::vector<std::string> missing;
  for (std::string at = directory; !scopes_.contains(at); at = parent_path(at)) {
    missing.push_back(at);
    if (at == root.mount) break;
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    const Scope above = *at == root.mount ? Scope() : scopes_.at(parent_path(*at));
    scopes_.emplace(*at, enter(root, above, *at));
  }
  return scopes_.at(directory);
}

LeftOut::Scope LeftOut::enter(const ProfileRoot& root, const Scope& above,
                              const std::string& directory) {
  Scope scope = above;
  if (directory != root.mount) {
    scope.all = scope.all || leaves_out(scope.rules.get(), root, directory, true);
  }
  if (scope.all || !scope.is_stored) return scope;
  try {
    scope.is_stored = directory.empty() || target_.find(directory) != nullptr;
    const std::string path = join_path(directory, kIgnoreFile);
    const Node* file = scope.is_stored ? target_.find(path) : nullptr;
    if (file == nullptr || file->entry.type != EntryType::File) return scope;
    const Node node = *file;
    std::string text;
    read_content(source_.directories.database(), node.entry, node.content, path,
                 [&](ByteView piece) { text += as_text(piece); });
    const bool is_root = directory == root.mount;
    scope.files.emplace_back(is_root ? 0 : below_root(root, directory).size() + 1, text);
    ExcludeOptions options;
    options.patterns = source_.profile.exclude;
    auto rules = std::make_shared<Excluder>(options, root.include, "");
    for (const auto& [base, rule_text] : scope.files) rules->push(base, rule_text, {});
    scope.rules = std::move(rules);
  } catch (const Error&) {
    scope.all = true;
  }
  return scope;
}

}  // namespace stravinsky
