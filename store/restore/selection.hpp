#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scan/ignore_rules.hpp"

namespace stravinsky {

/// Why an entry is restored; both must hold. A directory for which one does not is only a way to
/// what may lie below.
struct Selected {
  bool by_path = true;
  bool by_include = true;
  bool whole() const noexcept { return by_path && by_include; }
};

/// Which entries of a snapshot are asked for: paths, and gitignore patterns over them.
/// Threads: const members from any.
class Selection {
 public:
  /// @param paths             from the top; "/" at the ends does not count; none, or "": everything
  /// @param include, exclude  gitignore patterns; no include: everything
  /// @throws Error Invalid: a path with "." or ".." in it
  Selection(const std::vector<std::string>& paths, const std::vector<std::string>& include,
            const std::vector<std::string>& exclude);

  Selected top() const noexcept;
  /// Empty result: neither the entry nor anything below it.
  /// @param above  the choice for the directory it lies in
  /// @param path   of the directory it lies in
  std::optional<Selected> choose(const Selected& above, const std::string& path,
                                 const std::string& name, bool is_directory) const;
  /// `choose` looks at paths: without, the caller may pass an empty one.
  bool needs_path(const Selected& above) const noexcept;
  const std::vector<std::string>& paths() const noexcept { return paths_; }

 private:
  std::vector<std::string> paths_;  ///< sorted; empty: everything
  std::optional<IgnoreRules> include_, exclude_;
};

}  // namespace stravinsky
