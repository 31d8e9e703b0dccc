#include "update/release_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kLongestPath = 4096, kLongestName = 255;

[[noreturn]] void refuse(std::string_view path, const std::string& why) {
  throw Error(Errc::Hostile,
              fmt::format("cannot take {} from the release", quoted(path.substr(0, 200))), why,
              "do not use this release, or ask who made it");
}

/// Whether a relative link stays in the tree, whatever other links of the tree it leads through:
/// `..` goes up from real directories only, so before any name.
bool stays_inside(std::string_view directory, std::string_view link) {
  auto levels = directory.empty() ? 0 : 1 + std::count(directory.begin(), directory.end(), '/');
  bool has_name = false;
  while (!link.empty()) {
    const std::string_view part = link.substr(0, link.find('/'));
    link.remove_prefix(std::min(link.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      has_name = true;
    } else if (has_name || --levels < 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string ReleaseRules::clean(std::string_view path) const {
  if (path.find('\0') != std::string_view::npos) refuse(path, "its name holds a NUL byte");
  if (path.starts_with('/')) refuse(path, "its path is absolute");
  if (path.size() > kLongestPath) refuse(path, "its path is too long");
  std::string cleaned;
  std::size_t depth = 0;
  std::string_view left = path;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, left.find('/'));
    left.remove_prefix(std::min(left.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part == "..") refuse(path, "its path has a component '..'");
    if (part.size() > kLongestName) refuse(path, "a name in its path is too long");
    if (++depth > limits_.depth) {
      refuse(path, fmt::format("more than {} directories lie inside each other", limits_.depth));
    }
    if (!cleaned.empty()) cleaned += '/';
    cleaned += part;
  }
  return cleaned;
}

void ReleaseRules::add(const std::string& path, ReleasedType type, std::string_view link) {
  if (seen_.size() >= limits_.files) {
    refuse(path, fmt::format("it has more than {} entries", limits_.files));
  }
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto [above, is_new] = seen_.emplace(path.substr(0, slash), ReleasedType::Directory);
    if (above->second != ReleasedType::Directory) refuse(path, "it lies below a file or a link");
  }
  if (type == ReleasedType::Symlink) {
    if (link.empty() || link.starts_with('/') || link.find('\0') != std::string_view::npos) {
      refuse(path, "it is a link to a place outside");
    }
    const std::size_t slash = path.rfind('/');
    const std::string directory =
        slash == std::string::npos ? std::string() : path.substr(0, slash);
    if (!stays_inside(directory, link)) refuse(path, "it is a link to a place outside");
  }
  const auto [known, is_new] = seen_.emplace(path, type);
  const bool is_again_directory =
      type == ReleasedType::Directory && known->second == ReleasedType::Directory;
  if (!is_new && !is_again_directory) refuse(path, "it stands there twice");
}

void ReleaseRules::add_bytes(std::uint64_t count) {
  bytes_ += count;
  if (bytes_ <= limits_.bytes) return;
  throw Error(Errc::Hostile, "cannot unpack the release",
              fmt::format("it has more than {} bytes", limits_.bytes),
              "do not use this release, or ask who made it");
}

}  // namespace stravinsky::hooks
