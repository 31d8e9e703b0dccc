#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tree/directory.hpp"

namespace stravinsky {

/// Paths from the top of a snapshot: raw names joined by '/'; "" is the top.
inline std::string join_path(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.empty()) path += '/';
  path += name;
  return path;
}

/// Empty and "." components are passed over; ".." is an ordinary name that no directory holds.
inline std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") names.emplace_back(name);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return names;
}

inline std::string last_name(std::string_view path) {
  const auto names = split_path(path);
  return names.empty() ? std::string() : names.back();
}

inline std::string parent_path(std::string_view path) {
  auto names = split_path(path);
  std::string parent;
  if (!names.empty()) names.pop_back();
  for (const std::string& name : names) parent = join_path(parent, name);
  return parent;
}

/// Whether `path` is `ancestor` or lies below it.
inline bool is_at_or_below(std::string_view path, std::string_view ancestor) {
  return ancestor.empty() || path == ancestor ||
         (path.size() > ancestor.size() && path.starts_with(ancestor) &&
          path[ancestor.size()] == '/');
}

/// Whether `path` is one of `ancestors`, which are sorted, or lies below one.
inline bool is_at_or_below_any(std::string path, const std::vector<std::string>& ancestors) {
  while (!std::binary_search(ancestors.begin(), ancestors.end(), path)) {
    if (path.empty()) return false;
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
  return true;
}

/// By name; null when there is none.
inline const Node* find_node(const Directory& directory, std::string_view name) {
  const auto found = std::lower_bound(
      directory.nodes.begin(), directory.nodes.end(), name,
      [](const Node& node, std::string_view wanted) { return node.entry.name < wanted; });
  return found != directory.nodes.end() && found->entry.name == name ? &*found : nullptr;
}

}  // namespace stravinsky
