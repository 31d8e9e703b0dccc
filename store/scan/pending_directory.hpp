#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/list_directory.hpp"
#include "index/stat_cache_parts.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// What was found out about an entry that is no directory in this scan.
struct Found {
  FileRecord record;
  std::string hardlink;  ///< as in Entry
};

/// One entry of a directory that is being scanned.
struct Child {
  enum class State : std::uint8_t {
    Known,  ///< as the cache has it
    Found,  ///< looked at, or being read, by this scan
    Below,  ///< a directory
    Gone,   ///< excluded or lost: not part of the directory
  };
  std::string_view name;  ///< a NUL stands behind it
  CachedEntry cached;     ///< under this name, of whatever type; may be empty
  std::unique_ptr<Found> found;
  std::unique_ptr<StoredDirectory> stored;        ///< directories, once they are put
  CacheBuilder::Node node = CacheBuilder::kNone;  ///< its record, if it has one
  std::uint32_t directory_number = 0;  ///< of `cached`, for DirectoryRecord::find_directory
  EntryType type = EntryType::File;
  State state = State::Found;
};

/// A directory from its first look until it is put.
///
/// `pending` counts what must end before that: the walk through its names, each batch of files with
/// a worker, each hard link that waits for another to be read, each sub-directory. Who takes it to
/// zero puts the directory. Children are filled in by one thread each.
struct PendingDirectory {
  PendingDirectory() = default;
  ~PendingDirectory();
  PendingDirectory(const PendingDirectory&) = delete;
  PendingDirectory& operator=(const PendingDirectory&) = delete;

  static constexpr std::size_t kMadeUp = SIZE_MAX;

  std::shared_ptr<PendingDirectory> parent;  ///< none at the top
  std::uint32_t index = 0;                   ///< among the parent's children
  std::size_t root = kMadeUp;  ///< which root it lies in; none: the made-up top of several
  bool is_root = false;
  std::string name;  ///< in its parent; of a root its mount

  DirectoryHead head;
  std::optional<DirectoryRecord> record;  ///< of the cache
  bool trusted = false;    ///< nothing about the directory itself changed since `record`
  bool remembered = true;  ///< false: not entered into the cache
  bool has_hardlinks = false;
  std::vector<fs::DirectoryEntry> names;  ///< where the children's names lie, unless in `record`
  std::vector<Child> children;            ///< sorted by name, bytewise

  std::atomic<std::uint32_t> pending{1};
  std::atomic<bool> incomplete{false}, list_again{false};  ///< as in DirectoryHead
  std::atomic<bool> entries_differ{false};                 ///< its record must be written anew
  std::atomic<bool> stored_differs{false};                 ///< it must be put anew
  std::atomic<bool> below_moved{false};  ///< a sub-directory's record was written anew
};

/// From the top of the snapshot. @param name  of a child; empty: of the directory itself
std::string path_of(const PendingDirectory& directory, std::string_view name = {});
/// From the root it lies in.
std::string path_in_root(const PendingDirectory& directory, std::string_view name = {});

}  // namespace stravinsky
