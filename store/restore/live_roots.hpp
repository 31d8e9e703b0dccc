#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/fd.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/file_journal.hpp"

namespace stravinsky {

/// One live root, open. A root that is a directory and is there has both descriptors.
struct LiveRoot {
  std::string mount;
  std::string named;      ///< as the profile has it
  std::string path;       ///< real and absolute; of a root that is missing, where it would be
  std::string name;       ///< in the directory that holds it
  bool is_file = false;   ///< when it was found: a switch may make it a directory
  bool as_whole = false;  ///< it changes in one step: `switch: directory`
  bool is_link = false;   ///< the profile names it by a symlink
  std::shared_ptr<fs::Fd> outer;      ///< the directory that holds it
  std::shared_ptr<fs::Fd> directory;  ///< itself; null: it is missing, or a file now
};

/// A name in a live directory.
struct LivePlace {
  std::shared_ptr<fs::Fd> parent;  ///< open for reading
  std::string name;
  const LiveRoot* root = nullptr;
  bool is_root = false;  ///< the name is a root's own: its directory is outside of the roots
};

/// The live directories and files that a snapshot's paths stand for. They are found by name once;
/// from there on everything goes through descriptors, and no symlink below a root is followed.
/// Threads: one.
class LiveRoots {
 public:
  /// Roots as a profile has them, which may be symlinks and may be missing.
  /// @throws Error NotFound (no directory holds a missing root), Invalid (a dangling symlink),
  /// Denied
  explicit LiveRoots(const Profile& profile);
  /// Roots as an operation found them.
  explicit LiveRoots(const std::vector<JournalRoot>& roots);

  const std::vector<LiveRoot>& roots() const noexcept { return roots_; }
  bool any_there() const noexcept;
  /// A root of several that is missing: a loss of the scan, but nothing that is left alone.
  bool is_missing(const Loss& loss) const noexcept;
  /// One root that is the top itself, not an entry of a made-up top.
  bool is_single_top() const noexcept;
  /// Where the one root stands in a snapshot: a directory is its top (""), a file has no top and
  /// stands under its name.
  void mount_lone_root(const std::string& mount);
  /// The root that holds a path from the top of a snapshot; null: none.
  const LiveRoot* find_root(const std::string& path) const noexcept;

  /// Where a path is. @throws Error Changed: a directory on the way was moved, replaced by a
  /// symlink or removed; NotFound: no root holds it; of the errno
  LivePlace place_of(const std::string& path);
  /// The live directory of a path, open for reading. A root that was missing, or a file, may have
  /// become one since.
  /// @throws Error as place_of
  std::shared_ptr<fs::Fd> open_directory(const std::string& path);
  /// After a root itself was switched: opens what has its name now.
  void reopen(const std::string& path);
  /// lstat of a path; empty: nothing is there. @throws Error of any errno but ENOENT and ENOTDIR
  std::optional<struct stat> find(const std::string& path);
  /// For messages and for the user: the absolute path.
  std::string live_path(const std::string& path) const;

 private:
  std::vector<LiveRoot> roots_;
  std::string last_path_;  ///< of `last_`
  std::shared_ptr<fs::Fd> last_;
};

}  // namespace stravinsky
