#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "restore/switch_plan.hpp"
#include "scan/excluder.hpp"

namespace stravinsky {

/// What the ignore files of a snapshot leave out: a live entry that it would not have had is no
/// surplus. Each directory is looked at once. Keeps `source` by reference. Threads: one.
class LeftOut {
 public:
  explicit LeftOut(const PlanSource& source)
      : source_(source), target_(source.directories, source.target) {}

  /// Of an entry that was captured, and so is not left out by the profile itself. Where an ignore
  /// file cannot be read, all that it could have named counts as left out.
  bool has(const std::string& path, bool is_directory);

 private:
  struct Scope {
    /// Of ignore files in force, from the root down, each with the length of what lies above it.
    std::vector<std::pair<std::size_t, std::string>> files;
    std::shared_ptr<const Excluder> rules;  ///< of these; null: there are none
    bool all = false;                       ///< the whole directory is left out
    bool is_stored = true;                  ///< the snapshot has the directory
  };
  const Scope& scope_of(const ProfileRoot& root, const std::string& directory);
  Scope enter(const ProfileRoot& root, const Scope& above, const std::string& directory);

  const PlanSource& source_;
  StoredTree target_;
  std::map<std::string, Scope> scopes_;  ///< by the directory's path from the top
};

}  // namespace stravinsky
