#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stravinsky::hooks {

/// What a release may hold at most. The defaults are far beyond any configuration tree.
struct ReleaseLimits {
  std::uint64_t files = 100'000;
  std::uint64_t bytes = 1u << 30;  ///< of all files together, unpacked
  std::size_t depth = 64;          ///< directories inside each other
};

/// What an entry of a release wants to be.
enum class ReleasedType : std::uint8_t { File, Directory, Symlink };

/// Judges what a source of releases names, before anything of it is written. A source is not
/// trusted: a name that leaves the tree, or goes through a link, would write elsewhere.
class ReleaseRules {
 public:
  explicit ReleaseRules(const ReleaseLimits& limits) : limits_(limits) {}

  /// The path without `./` and a slash at its end; empty for the top itself.
  /// @throws Error Hostile: it is absolute, has `..`, a NUL, or is too long or too deep
  std::string clean(std::string_view path) const;
  /// Notes an entry. @param link  target of a symlink
  /// @throws Error Hostile: the path is taken, lies below a file or link, or the link leaves the
  ///               tree, or there are too many
  void add(const std::string& path, ReleasedType type, std::string_view link = {});
  /// Notes bytes of a file. @throws Error Hostile: more than a release may have
  void add_bytes(std::uint64_t count);

 private:
  ReleaseLimits limits_;
  std::map<std::string, ReleasedType, std::less<>> seen_;
  std::uint64_t bytes_ = 0;
};

}  // namespace stravinsky::hooks
