#pragma once

#include <memory>
#include <string>

#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// What the last scan of a profile saw of every file and directory: its stat identity and what its
/// content was stored as, so that an unchanged file is not read again.
///
/// An entry is believed only if everything stat tells about the file is as it was, change time
/// included, and the file was last changed safely before it was read (git's racy-clean rule): a
/// file written in the same clock tick as it was read is read again. The file is a cache: missing,
/// of another version or damaged (checked by a checksum), it is empty. Format: private to this
/// folder.
class StatCache {
 public:
  StatCache();
  ~StatCache();
  StatCache(StatCache&&) noexcept;
  StatCache& operator=(StatCache&&) noexcept;

  /// @param basis  the cache is used only if it was saved with this id: of the tree whose objects
  ///               it speaks of, which the caller knows to be there
  static StatCache load(const std::string& path, const ObjectId& basis);
  /// Replaces the file atomically, not durably; does nothing for a cache that was loaded with this
  /// basis and has not changed since. @param temporary  as fs::write_atomically
  void save(const std::string& path, const std::string& temporary, const ObjectId& basis) const;
  /// A scan found anything else than `load` gave.
  bool changed() const;

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky
