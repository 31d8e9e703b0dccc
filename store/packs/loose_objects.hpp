#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "objects/object.hpp"

namespace stravinsky {

/// The loose objects of one objects directory. We never write any; plain git may. Links are
/// refused. Threads: any.
class LooseObjects {
 public:
  explicit LooseObjects(std::string objects_dir);

  std::string path_of(const ObjectId& id) const;
  /// @throws Error Hostile: the object is a link. Io, Denied
  bool contains(const ObjectId& id) const;
  /// Not checked against the id. Nothing but `limit` bounds what is inflated: the size in the
  /// header is looked at first. @throws Error NotFound, Corrupt, Hostile, of the errno
  Object read(const ObjectId& id, std::uint64_t limit) const;
  std::pair<ObjectType, std::uint64_t> header(const ObjectId& id, std::uint64_t limit) const;
  /// Sorted ids in the fan-out directory `first_byte`; other names are passed over.
  std::vector<ObjectId> list(unsigned first_byte) const;

 private:
  std::string objects_dir_;
};

}  // namespace stravinsky
