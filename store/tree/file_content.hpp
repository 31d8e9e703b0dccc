#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "stravinsky/entry.hpp"

namespace stravinsky {

/// Where a file's content is stored.
struct StoredContent {
  ObjectId id;               ///< a blob, or the top of a chunk tree
  std::uint64_t chunks = 0;  ///< 0: a blob
  bool collided = false;     ///< a SHA-1 collision made it a chunk tree
};

/// Stores a whole file that is in memory. Threads: any.
/// @param file  hashed as a blob
StoredContent write_content(ObjectWriter& writer, const HashedContent& file);

class HelperThreads;

/// Stores a large file as a chunk tree, piece by piece, in bounded memory.
/// Threads: one at a time for each object.
class ChunkedWriter {
 public:
  ChunkedWriter(ObjectWriter& writer, HelperThreads& workers);
  ~ChunkedWriter();
  void append(ByteView bytes);
  /// `count` zero bytes, such as a hole, without the caller holding them.
  void append_zeros(std::uint64_t count);
  StoredContent finish();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Hands out the content of a file in order, in pieces of bounded size, and checks it against
/// `entry.size` and `entry.digest`: the error comes after the last piece.
/// @param path  for messages
/// @throws Error Corrupt, Hostile (a chunk tree of the wrong shape), NotFound; what `sink` throws
void read_content(const ObjectDatabase& database, const Entry& entry, const ObjectId& content,
                  const std::string& path, const std::function<void(ByteView)>& sink);

}  // namespace stravinsky
