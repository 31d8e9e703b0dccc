#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/entry.hpp"
#include "stravinsky/live_tree.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/store.hpp"
#include "validators/validate.hpp"

namespace stravinsky::hooks {

struct CheckedFile {
  std::string path;  ///< from the top of the profile's tree
  EntryType type = EntryType::File;
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
  /// New, or other than in the snapshot that the tree is compared with: what is wrong with it is
  /// this change's doing.
  bool is_changed = true;
};

/// The tree of one profile as the checks see it: what is live, or what would be live after an
/// update.
class CheckedTree {
 public:
  virtual ~CheckedTree() = default;

  const Profile& profile() const { return profile_; }
  /// Directories are not among them; sorted by path.
  const std::vector<CheckedFile>& files() const { return files_; }
  const std::vector<Loss>& losses() const { return losses_; }
  std::uint64_t bytes() const;
  /// Where a path is, or will be, live.
  std::string live_path(const std::string& path) const;
  /// The directory of the project whose configuration this is; empty: it is nobody's project.
  std::string project() const;

  /// At most `limit` bytes of a regular file. @throws Error
  virtual std::string read(const std::string& path, std::size_t limit) const = 0;
  /// The content that it had before; empty: there was no such file. @throws Error Corrupt
  virtual std::optional<std::string> read_previous(const std::string& path) const = 0;
  /// What an absolute path is to those who run it, once this tree is live.
  virtual std::optional<TreeContext::Script> find_script(const std::string& path) const = 0;
  /// Whether that is other than before, and worse: it could be found, or be run by itself.
  virtual bool is_script_taken(const std::string&) const { return false; }

 protected:
  explicit CheckedTree(Profile profile) : profile_(std::move(profile)) {}

  std::vector<CheckedFile> files_;
  std::vector<Loss> losses_;

 private:
  Profile profile_;
};

/// What is live now, compared with the profile's current snapshot; without one all is new. Keeps
/// `store` by reference.
/// @throws Error NotFound: no root exists; Cancelled, Io
std::unique_ptr<CheckedTree> read_checked_tree(const Store& store, const Profile& profile,
                                               Progress& progress = no_progress());

/// A file's or program's state as the system has it; links are followed.
TreeContext::Script state_of_script(const std::string& path);

}  // namespace stravinsky::hooks
