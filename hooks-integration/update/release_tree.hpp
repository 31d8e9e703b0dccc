#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "stravinsky/entry.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky::hooks {

/// One file, link or special file of a tree.
struct TreeFile {
  EntryType type = EntryType::File;
  std::uint32_t mode = 0644;
  std::uint64_t size = 0;
  std::string link;  ///< target of a symlink
  Sha256 digest;     ///< of a file's content; zeros: not known

  bool is_executable() const { return (mode & 0100) != 0; }
};

/// A tree whose files are read one by one: a release, what is live, or what a release was.
class FileTree {
 public:
  virtual ~FileTree() = default;
  const std::map<std::string, TreeFile>& files() const { return files_; }
  const std::set<std::string>& directories() const { return directories_; }

  const TreeFile* find(const std::string& path) const;
  bool has_directory(const std::string& path) const { return directories_.contains(path); }
  /// The content of a file, or the target of a link. @throws Error
  virtual std::string read(const std::string& path) const = 0;
  /// Where a file of it lies, as an absolute path; empty: nowhere by itself.
  virtual std::string place(const std::string&) const { return {}; }

 protected:
  std::map<std::string, TreeFile> files_;
  std::set<std::string> directories_;
};

/// A directory that a release was staged in. Keeps no descriptor.
std::unique_ptr<FileTree> read_staged_tree(const std::string& directory);
/// A snapshot or a release of the store, which is kept by reference.
std::unique_ptr<FileTree> read_stored_tree(const Store& store, const Snapshot& snapshot);
/// What a snapshot of the profile would capture now.
std::unique_ptr<FileTree> read_live_files(const Store& store, const Profile& profile,
                                          Progress& progress = no_progress());

/// Copies a snapshot or a release into a staging directory, as `stage_directory` does.
/// @returns how many files
std::uint64_t stage_snapshot(const Store& store, const Snapshot& snapshot,
                             const std::string& staging);

}  // namespace stravinsky::hooks
