#include <algorithm>

#include "core/hash.hpp"
#include "objects/tree_object.hpp"
#include "tree/chunk_tree.hpp"
#include "tree/file_content.hpp"
#include "tree/in_context.hpp"

namespace stravinsky {
namespace {

/// Reads a chunk tree. Nothing of a chunk is read before its name, its place and its size agree, so
/// a hostile tree costs no more than its own objects.
class ChunkTreeReader {
 public:
  ChunkTreeReader(const ObjectDatabase& database, const Entry& entry, const std::string& path,
                  const std::function<void(ByteView)>& sink)
      : database_(database), entry_(entry), path_(path), sink_(sink) {}

  void read(const ObjectId& top) {
    const std::vector<TreeEntry> entries = read_tree(top);
    if (entries.front().mode != GitMode::Tree) {
      read_chunks(entries, top, entry_.size);
    } else {
      read_groups(entries, top);
    }
    if (read_ != entry_.chunks) {
      hostile(top, fmt::format("{} chunks, and the metadata tells of {}", read_, entry_.chunks));
    }
    if (hasher_.finish() != entry_.digest) {
      throw Error(Errc::Corrupt, reading(path_),
                  fmt::format("the chunks of tree '{}' have another SHA-256", top.hex()));
    }
  }

 private:
  std::vector<TreeEntry> read_tree(const ObjectId& id) const {
    auto entries = in_context(
        path_, [&] { return parse_tree(database_.read(id, ObjectType::Tree).bytes, id); });
    if (entries.empty()) hostile(id, "no chunks");
    return entries;
  }

  void read_groups(const std::vector<TreeEntry>& groups, const ObjectId& top) {
    if (groups.size() < 2) hostile(top, "one tree of chunks where the chunks themselves belong");
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const bool last = i + 1 == groups.size();
      if (groups[i].mode != GitMode::Tree) hostile(top, "both chunks and trees of chunks");
      require_name(groups[i], top);
      const std::vector<TreeEntry> chunks = read_tree(groups[i].id);
      if (!last && chunks.size() != kChunksInOneTree) {
        hostile(groups[i].id, fmt::format("{} chunks and not 4,096", chunks.size()));
      }
      read_chunks(chunks, groups[i].id, last ? entry_.size : offset_of(groups[i + 1], top));
    }
  }

  /// @param end  the offset behind the last of these chunks
  void read_chunks(const std::vector<TreeEntry>& chunks, const ObjectId& tree, std::uint64_t end) {
    if (chunks.size() > kChunksInOneTree) hostile(tree, "more than 4,096 chunks in one tree");
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (chunks[i].mode != GitMode::File) hostile(tree, "an entry that is no chunk");
      require_name(chunks[i], tree);
      const std::uint64_t next = i + 1 < chunks.size() ? offset_of(chunks[i + 1], tree) : end;
      if (next <= offset_ || next > entry_.size || next - offset_ > kLargestChunk) {
        hostile(tree, fmt::format("no chunk can reach from byte {} to byte {} of {}", offset_, next,
                                  entry_.size));
      }
      read_chunk(chunks[i].id, next - offset_);
    }
  }

  void read_chunk(const ObjectId& id, std::uint64_t size) {
    const Object chunk = in_context(path_, [&] {
      const std::uint64_t stored = database_.header(id).second;
      if (stored != size) {
        throw Error(Errc::Corrupt, fmt::format("cannot use chunk '{}'", id.hex()),
                    fmt::format("it has {} bytes and not {}", stored, size));
      }
      // The SHA-256 over all chunks covers this one: its SHA-1 need not be taken too.
      return database_.read_unchecked(id, ObjectType::Blob);
    });
    const ByteView bytes = as_bytes(chunk.bytes);
    if (bytes.size() != size) hostile(id, "another size than its header tells");
    hasher_.update(bytes);
    sink_(bytes);
    offset_ += size;
    ++read_;
  }

  /// A name is the offset reached, so chunks neither overlap nor leave a gap.
  void require_name(const TreeEntry& entry, const ObjectId& tree) const {
    if (entry.name != chunk_name(offset_)) {
      hostile(tree, fmt::format("{} in the place of chunk '{}'", quoted(entry.name),
                                chunk_name(offset_)));
    }
  }

  std::uint64_t offset_of(const TreeEntry& entry, const ObjectId& tree) const {
    const auto offset = entry.name.size() == 16 ? parse_unsigned(entry.name, 16) : std::nullopt;
    if (!offset) hostile(tree, fmt::format("{} is no offset of a chunk", quoted(entry.name)));
    return *offset;
  }

  [[noreturn]] void hostile(const ObjectId& object, const std::string& cause) const {
    throw Error(Errc::Hostile, reading(path_),
                fmt::format("object '{}' holds {}", object.hex(), cause));
  }

  const ObjectDatabase& database_;
  const Entry& entry_;
  const std::string& path_;
  const std::function<void(ByteView)>& sink_;
  Sha256Hasher hasher_;
  std::uint64_t offset_ = 0;  ///< bytes handed out
  std::uint64_t read_ = 0;    ///< chunks
};

}  // namespace

void read_content(const ObjectDatabase& database, const Entry& entry, const ObjectId& content,
                  const std::string& path, const std::function<void(ByteView)>& sink) {
  if (entry.chunks != 0) {
    ChunkTreeReader(database, entry, path, sink).read(content);
    return;
  }
  const Object blob =
      in_context(path, [&] { return database.read_unchecked(content, ObjectType::Blob); });
  const ByteView bytes = as_bytes(blob.bytes);
  if (bytes.size() != entry.size || sha256(bytes) != entry.digest) {
    throw Error(Errc::Corrupt, reading(path),
                fmt::format("blob '{}' has another size or SHA-256 than the metadata tells",
                            content.hex()));
  }
  for (std::size_t at = 0; at < bytes.size(); at += kLargestChunk) {
    sink(bytes.subspan(at, std::min<std::size_t>(kLargestChunk, bytes.size() - at)));
  }
}

}  // namespace stravinsky
