#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stravinsky/entry.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// The live names inside one snapshot: what `ls`, `cat` and `find` read. Paths are raw bytes from
/// the top, without a leading '/'; "" is the top. Keeps `store` by reference. Threads: const
/// members from any.
class SnapshotTree {
 public:
  /// @throws Error Corrupt, Hostile, NotFound
  SnapshotTree(const Store& store, const Snapshot& snapshot);
  ~SnapshotTree();
  SnapshotTree(SnapshotTree&&) noexcept;

  /// The entry with its name (the last component) and, for directories, its attributes.
  std::optional<Entry> find(const std::string& path) const;
  /// The entries of a directory, sorted by name, sub-directories with their attributes.
  /// @throws Error NotFound: no such directory
  std::vector<Entry> list(const std::string& path) const;
  /// For messages: the paths that stand where `path`, which is not there, leads no further, and
  /// whose names are most like its next one; at most three, best first.
  std::vector<std::string> nearest(const std::string& path) const;
  /// Every entry below `path`, directories before what they hold; the callback gets the full path
  /// and returns whether to go below a directory. Damaged directories are reported through
  /// `damaged` (or thrown when it is empty) and passed over.
  void walk(
      const std::string& path,
      const std::function<bool(const std::string& path, const Entry& entry)>& visit,
      const std::function<void(const std::string& path, const Error& error)>& damaged = {}) const;
  /// The content of a regular file, or the target of a symlink, in pieces.
  /// @throws Error NotFound, Invalid (a directory or a special file), Corrupt; what `sink` throws
  void read(const std::string& path,
            const std::function<void(std::span<const std::byte>)>& sink) const;

  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky
