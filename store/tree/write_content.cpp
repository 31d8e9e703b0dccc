#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <vector>

#include "objects/chunker.hpp"
#include "tree/chunk_queue.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {
namespace {

constexpr ChunkSizes kSizes{};
static_assert(kSizes.max == kLargestChunk);

/// Where FastCDC cuts zeros: always at the same length, so that all whole chunks of a run of zeros
/// are one blob.
std::size_t zero_chunk_size() {
  static const std::size_t size = next_cut(std::vector<std::byte>(kSizes.max), kSizes);
  return size;
}

bool is_zero(ByteView bytes) {
  if (bytes.empty() || bytes.front() != std::byte{0}) return false;
  return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

StoredContent write_content(ObjectWriter& writer, const HashedContent& file) {
  if (writer.try_put(ObjectType::Blob, file)) return {file.id, 0, false};
  ChunkTree tree(writer);
  ByteView content = file.bytes;
  while (!content.empty()) {
    const std::size_t cut = next_cut(content, kSizes);
    tree.add(store_chunk(writer, content.first(cut)));
    content = content.subspan(cut);
  }
  StoredContent stored = tree.finish();
  stored.collided = true;
  return stored;
}

// What was appended and not yet stored is `begin` to `end` of a buffer of two largest chunks,
// followed by `zeros` zero bytes that nobody has written anywhere. Always:
//   1  begin == end, or (end - begin) + zeros < kSizes.max, after every call
//   2  begin == end: zeros < zero_chunk_size(), after every call
// so memory is bounded, and no cut is made before what decides it is known.
struct ChunkedWriter::Parts {
  Parts(ObjectWriter& w, HelperThreads& workers)
      : writer(w), chunks(w, workers), buffer(2 * kSizes.max) {}

  std::size_t held() const { return end - begin; }

  /// Room for `size` bytes at `end`; what is held moves to the front when need be.
  std::byte* room(std::size_t size) {
    assert(held() + size <= buffer.size());
    if (buffer.size() - end < size) {
      std::memmove(buffer.data(), buffer.data() + begin, held());
      end = held();
      begin = 0;
    }
    return buffer.data() + end;
  }

  /// Puts the first `count` pending zeros into the buffer.
  void write_zeros(std::size_t count) {
    std::memset(room(count), 0, count);
    end += count;
    zeros -= count;
  }

  void store(ByteView chunk) {
    if (chunk.size() == zero_chunk_size() && is_zero(chunk)) {
      store_zero_chunk();
    } else {
      chunks.add(chunk);
    }
  }

  /// Hashed and compressed once, then only named again.
  void store_zero_chunk() {
    if (zero_chunk.empty()) {
      zero_chunk = store_chunk(writer, std::vector<std::byte>(zero_chunk_size()));
    }
    chunks.add_stored(zero_chunk);
  }

  /// Stores the first chunk of what is held.
  void cut() {
    const ByteView bytes(buffer.data() + begin, held());
    const std::size_t size = next_cut(bytes, kSizes);
    store(bytes.first(size));
    begin += size;
  }

  /// Brings back what holds after every call, once zeros were added.
  void store_zeros() {
    while (begin != end && held() + zeros >= kSizes.max) {
      const std::size_t bytes = held();
      write_zeros(kSizes.max - bytes);
      const std::size_t from = begin;
      cut();
      // Behind the last real byte there are only zeros: they need no buffer.
      if (begin - from >= bytes) {
        zeros += held();
        begin = end = 0;
      }
    }
    if (begin != end) return;
    for (; zeros >= zero_chunk_size(); zeros -= zero_chunk_size()) store_zero_chunk();
  }

  ObjectWriter& writer;
  ChunkQueue chunks;
  std::vector<std::byte> buffer;
  std::size_t begin = 0, end = 0;
  std::uint64_t zeros = 0;
  std::vector<StoredChunk> zero_chunk;  ///< once one was met
};

ChunkedWriter::ChunkedWriter(ObjectWriter& writer, HelperThreads& workers)
    : parts_(new Parts(writer, workers)) {}

ChunkedWriter::~ChunkedWriter() = default;

void ChunkedWriter::append(ByteView bytes) {
  Parts& p = *parts_;
  if (bytes.empty()) return;
  p.write_zeros(static_cast<std::size_t>(p.zeros));  // fewer than a chunk: 1 and 2
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), p.buffer.size() - p.held());
    std::memcpy(p.room(count), bytes.data(), count);
    p.end += count;
    bytes = bytes.subspan(count);
    while (p.held() >= kSizes.max) p.cut();
  }
}

void ChunkedWriter::append_zeros(std::uint64_t count) {
  parts_->zeros += count;
  parts_->store_zeros();
}

StoredContent ChunkedWriter::finish() {
  Parts& p = *parts_;
  p.write_zeros(static_cast<std::size_t>(p.zeros));
  while (p.held() > 0) p.cut();
  if (p.chunks.empty()) return {p.writer.put(ObjectType::Blob, ByteView()), 0, false};
  return p.chunks.finish();
}

}  // namespace stravinsky
