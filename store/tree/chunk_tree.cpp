#include "tree/chunk_tree.hpp"

#include <algorithm>

#include "stravinsky/error.hpp"

namespace stravinsky {

std::string chunk_name(std::uint64_t offset) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name(16, '0');
  for (std::size_t i = 16; i-- > 0; offset >>= 4) name[i] = kDigits[offset & 15];
  return name;
}

std::vector<StoredChunk> store_chunk(ObjectWriter& writer, ByteView chunk) {
  std::vector<StoredChunk> stored;
  // Whoever made one cut collide did not foresee the others: any shorter one will do.
  std::size_t size = chunk.size();
  while (!chunk.empty()) {
    const HashedContent piece = hash_content(ObjectType::Blob, chunk.first(size));
    if (writer.try_put(ObjectType::Blob, piece)) {
      stored.push_back({piece.id, size});
      chunk = chunk.subspan(size);
      size = chunk.size();
    } else if (size == 1) {
      throw Error(Errc::Corrupt, "cannot store a piece of a file",
                  "other content has the same SHA-1 wherever the piece is cut");
    } else {
      size -= std::max<std::size_t>(size / 8, 1);
    }
  }
  return stored;
}

void ChunkTree::add(std::span<const StoredChunk> cuts) {
  collided_ = collided_ || cuts.size() > 1;
  for (const StoredChunk& chunk : cuts) {
    if (group_.size() == kChunksInOneTree) close_group();
    group_.push_back({GitMode::File, chunk_name(offset_), chunk.id});
    offset_ += chunk.size;
    ++chunks_;
  }
}

void ChunkTree::close_group() {
  std::string name = group_.front().name;
  const ObjectId id = writer_.put(ObjectType::Tree, encode_tree(group_));
  groups_.push_back({GitMode::Tree, std::move(name), id});
  group_.clear();
}

StoredContent ChunkTree::finish() {
  if (!groups_.empty()) close_group();
  std::vector<TreeEntry>& top = groups_.empty() ? group_ : groups_;
  return {writer_.put(ObjectType::Tree, encode_tree(top)), chunks_, collided_};
}

}  // namespace stravinsky
