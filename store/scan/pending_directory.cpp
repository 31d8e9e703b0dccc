#include "scan/pending_directory.hpp"

#include "core/end_chain.hpp"

namespace stravinsky {
namespace {

std::string join(const PendingDirectory& directory, std::string_view name, bool within_root) {
  std::vector<std::string_view> parts;
  std::size_t size = 0;
  const auto add = [&](std::string_view part) {
    if (part.empty()) return;
    parts.push_back(part);
    size += part.size() + 1;
  };
  add(name);
  for (const PendingDirectory* at = &directory; at != nullptr; at = at->parent.get()) {
    if (within_root && at->is_root) break;
    add(at->name);
  }
  std::string path;
  path.reserve(size);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!path.empty()) path += '/';
    path += *part;
  }
  return path;
}

}  // namespace

PendingDirectory::~PendingDirectory() { end_chain(parent); }

std::string path_of(const PendingDirectory& directory, std::string_view name) {
  return join(directory, name, false);
}

std::string path_in_root(const PendingDirectory& directory, std::string_view name) {
  return join(directory, name, true);
}

}  // namespace stravinsky
