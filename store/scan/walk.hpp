#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scan/scanner.hpp"

namespace stravinsky {

/// Goes through the roots depth-first, in bytewise order of full paths, on one thread.
///
/// Holds descriptors of the nearest levels only; the others are opened again on the way up, each
/// checked to be the directory that it was. Nothing is recursive: depth costs memory, no stack.
class Walk {
 public:
  explicit Walk(Scanner& scanner);
  void run();

 private:
  /// A directory whose sub-directories and hard links are being gone through.
  struct Level {
    SharedDirectory directory;
    SharedFd fd;
    std::vector<std::uint32_t> later;  ///< children still to be visited, in order of full paths
    std::size_t next = 0;
    std::size_t path_size = 0;  ///< of `path_` above it
    bool has_scope = false;     ///< the excluder entered it
    bool only_tag = false;      ///< a cache: nothing but its tag is taken
  };
  enum class Entered { Yes, LeftOut, Unlistable };

  // walk.cpp
  void begin_top();
  void visit(std::uint32_t index);
  void enter(std::uint32_t index);
  void enter_root(OpenRoot& root, std::uint32_t index);
  void leave();
  void become_other(std::uint32_t index);
  SharedDirectory make_directory(std::uint32_t index, const fs::FileStatus& status);
  void put_unlistable(const SharedDirectory& directory, int error);
  void put_unentered(const SharedDirectory& directory, Timestamp looked_at);
  bool pass_over(std::uint32_t index);
  bool is_open(Level& level);

  // list_children.cpp
  void begin(SharedDirectory directory, SharedFd fd, Timestamp looked_at);
  Entered list(Level& level, int& error);
  void choose_children(Level& level);
  void choose_from_cache(Level& level);
  void merge(PendingDirectory& directory);
  bool is_as_known(const PendingDirectory& directory, const Child& child) const;
  void look_at_children(Level& level);
  void enter_rules(Level& level);
  std::string read_rules(const Level& level, const char* name);
  bool is_never(const fs::FileStatus& status) const;
  void drop(PendingDirectory& directory, Child& child, bool list_again);
  void drop_ours(PendingDirectory& directory, Child& child);

  Scanner& scanner_;
  std::string never_fingerprint_;
  std::optional<Excluder> excluder_;  ///< of the root that the walk is in
  std::string path_;                  ///< of the current directory in its root, with '/'
  std::vector<Level> levels_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> above_;  ///< device and inode of each level
};

}  // namespace stravinsky
