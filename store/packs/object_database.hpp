#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/helper_threads.hpp"
#include "objects/object.hpp"

namespace stravinsky {

/// Reads the objects of one git directory: packs and loose objects through our own reader, deltas
/// through libgit2.
///
/// Nothing read is believed: the shape of each pack's index is checked when it is opened, its ids
/// and offsets where they are looked up, and what `read` returns hashes to the id asked for.
/// Alternates and symlinks inside objects/ are refused. An object that is missing makes the pack
/// list be read once more before it counts as missing, since another process may have folded packs
/// meanwhile. Threads: every member may be called from any; reads of undeltified objects run in
/// parallel.
class ObjectDatabase {
 public:
  /// @param objects_dir     `<git dir>/objects`
  /// @param max_object_size bytes; a larger object is Corrupt, before any memory is taken for it
  /// @param threads         that may read ahead in large contents; 0: one per processor
  /// @throws Error Io, Denied; Hostile for alternates or links. A pack that cannot be opened is no
  ///         error here: it is left out, and named by `damage()`. The error of whoever misses an
  ///         object names it too, or the index that is damaged further in
  explicit ObjectDatabase(std::string objects_dir,
                          std::uint64_t max_object_size = std::uint64_t{2} << 30,
                          std::size_t threads = 0);
  ~ObjectDatabase();
  ObjectDatabase(const ObjectDatabase&) = delete;
  ObjectDatabase& operator=(const ObjectDatabase&) = delete;

  const std::string& objects_dir() const noexcept;
  /// For whoever reads a large content ahead. What they are given may use this object.
  HelperThreads& helpers() const noexcept;

  /// Whether it is stored here, in whatever state; damage is found when it is read.
  bool contains(const ObjectId& id) const;
  /// As `contains` in the pack list as last read, which another process may have outrun since. For
  /// a writer, to whom a wrong no costs a second copy and the two system calls would be dear.
  bool contains_listed(const ObjectId& id) const;
  /// The empty tree is there even when nobody stored it. When it cannot be told whether an object
  /// is missing, because a pack was left out or its index is damaged, the error says that.
  /// @throws Error NotFound, Corrupt (naming the object and the file it lies in)
  Object read(const ObjectId& id) const;
  Object read(const ObjectId& id, ObjectType expected) const;  ///< Corrupt for another type
  /// Empty when absent. @throws Error Corrupt, also when a pack left out may hold it
  std::optional<Object> find(const ObjectId& id) const;
  /// As `read`, without the SHA-1 over the result: for callers that check a hash of their own.
  Object read_unchecked(const ObjectId& id) const;
  Object read_unchecked(const ObjectId& id, ObjectType expected) const;
  /// Type and size without reading the content. @throws Error as `read`
  std::pair<ObjectType, std::uint64_t> header(const ObjectId& id) const;

  /// Objects whose id starts with the hex digits `prefix` (4 to 40), at most `limit`, sorted.
  /// @throws Error Invalid: anything but such a prefix
  std::vector<ObjectId> find_prefix(std::string_view prefix, std::size_t limit) const;

  /// Forgets the pack list: the next look-up reads it anew.
  void refresh();
  /// One line for each pack left out: file and reason.
  std::vector<std::string> damage() const;
  struct Finding {
    std::string file, detail;
    std::optional<ObjectId> object;
  };
  /// Reads and checks every byte of every pack and loose object, on all processors. Damage is a
  /// finding and never ends it; sorted by file and object.
  /// @param progress  bytes done since the last call; any thread, one call at a time
  /// @param take      of each sound blob, its content with both hashes; any thread, several at once
  std::vector<Finding> verify_all(
      const std::function<void(std::uint64_t bytes)>& progress,
      const std::function<void(const HashedContent&)>& take = nullptr) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky
