#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "stravinsky/object_id.hpp"

namespace stravinsky::git {

/// One pack as libgit2 reads it, which knows deltas.
///
/// Never more than one pack, so that a damaged copy in one cannot hide a good one in another, and
/// alternates are not followed. libgit2 1.5 crashes on a damaged pack index: give it only packs
/// whose index has been checked. It also writes past its memory for a loose object whose header
/// gives less than its size, so loose objects are not read with it at all.
/// Threads: any; one reads at a time.
class ObjectSource {
 public:
  /// @param index_path  of the pack's `.idx`
  static std::unique_ptr<ObjectSource> pack(const std::string& index_path);
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
