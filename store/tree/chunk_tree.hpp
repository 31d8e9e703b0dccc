#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "objects/tree_object.hpp"
#include "packs/object_writer.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {

/// Shape of a chunk tree; docs/format.md, "Large files".
inline constexpr std::size_t kChunksInOneTree = 4096;
inline constexpr std::uint64_t kLargestChunk = std::uint64_t{4} << 20;

/// The name of the chunk that begins at `offset`, or of a tree whose first chunk does.
std::string chunk_name(std::uint64_t offset);

struct StoredChunk {
  ObjectId id;
  std::uint64_t size = 0;
};

/// Stores one chunk; one that collides with other content of its SHA-1 is cut into several.
/// Threads: any. @throws Error as ObjectWriter::put
std::vector<StoredChunk> store_chunk(ObjectWriter& writer, ByteView chunk);

/// Names chunks that are stored, and stores the trees above them as they fill: of the chunks it
/// holds no more than one tree's worth of names.
class ChunkTree {
 public:
  explicit ChunkTree(ObjectWriter& writer) : writer_(writer) {}

  /// The next chunk, as store_chunk cut it. @throws Error as ObjectWriter::put
  void add(std::span<const StoredChunk> cuts);

  bool empty() const noexcept { return chunks_ == 0; }
  StoredContent finish();

 private:
  void close_group();

  ObjectWriter& writer_;
  std::vector<TreeEntry> group_;   ///< chunks that are in no tree yet
  std::vector<TreeEntry> groups_;  ///< full trees, and the last one
  std::uint64_t offset_ = 0, chunks_ = 0;
  bool collided_ = false;
};

}  // namespace stravinsky
