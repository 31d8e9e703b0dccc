#pragma once

#include <string>
#include <vector>

#include "stravinsky/profile.hpp"
#include "update/release_tree.hpp"

namespace stravinsky::hooks {

/// Roots that an update makes before it looks at anything, so that what was before it can be
/// brought back: nothing. Threads: one.
class MadeRoots {
 public:
  /// Makes those that a release has something for and that are not there, with all above them.
  /// @throws Error Denied, NoSpace, Io; what was made until then is taken back as all of it
  void make(const Profile& profile, const FileTree& release);
  /// Removes those that are empty still, for an update that came to nothing.
  void take_back() noexcept;

 private:
  std::vector<std::string> made_;  ///< from the highest down
};

}  // namespace stravinsky::hooks
