#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "stravinsky/object_id.hpp"

namespace stravinsky::git {

/// One place where libgit2 looks for objects: a single pack, or the loose objects of a directory.
///
/// Never more than one, so that a damaged copy in one place cannot hide a good one in another, and
/// alternates are not followed. libgit2 1.5 crashes on a damaged pack index: give it only packs
/// whose index has been checked. Threads: any; one reads at a time.
class ObjectSource {
 public:
  /// @param index_path  of the pack's `.idx`
  static std::unique_ptr<ObjectSource> pack(const std::string& index_path);
  static std::unique_ptr<ObjectSource> loose(const std::string& objects_dir);
  ~ObjectSource();
  ObjectSource(const ObjectSource&) = delete;
  ObjectSource& operator=(const ObjectSource&) = delete;

  /// The type as a pack numbers it (1 commit, 2 tree, 3 blob, 4 tag) and the size, without
  /// inflating the content. @throws Error NotFound, Corrupt
  std::pair<int, std::uint64_t> header(const ObjectId& id);
  /// The type and the content, which hashes to `id`.
  /// @throws Error NotFound; Corrupt, also for more than `limit` bytes, before they are read
  std::pair<int, std::string> read(const ObjectId& id, std::uint64_t limit);

 private:
  struct Parts;
  explicit ObjectSource(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky::git
