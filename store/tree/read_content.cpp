#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/hash.hpp"
#include "core/helper_threads.hpp"
#include "objects/tree_object.hpp"
#include "tree/chunk_tree.hpp"
#include "tree/file_content.hpp"
#include "tree/in_context.hpp"

namespace stravinsky {
namespace {

/// How many chunks are read before their turn comes, 4 MiB each at most.
constexpr std::size_t kMostAhead = 8;

/// Reads a chunk tree, some chunks ahead of the one that is handed out. Nothing of a chunk is read
/// before its name, its place and its size agree, so a hostile tree costs no more than its own
/// objects.
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
      require_name(groups[i], offset_, top);
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
    std::vector<std::shared_ptr<Chunk>> places;
    std::uint64_t at = offset_;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (chunks[i].mode != GitMode::File) hostile(tree, "an entry that is no chunk");
      require_name(chunks[i], at, tree);
      const std::uint64_t next = i + 1 < chunks.size() ? offset_of(chunks[i + 1], tree) : end;
      if (next <= at || next > entry_.size || next - at > kLargestChunk) {
        hostile(tree, fmt::format("no chunk can reach from byte {} to byte {} of {}", at, next,
                                  entry_.size));
      }
      places.push_back(std::make_shared<Chunk>(chunks[i].id, next - at));
      at = next;
    }
    std::size_t asked = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      asked = std::max(asked, i + 1);
      while (asked < places.size() && asked <= i + kMostAhead && read_ahead(places[asked])) ++asked;
      hand_out(*places[i]);
      places[i].reset();
    }
  }

  /// One chunk while it is read.
  struct Chunk {
    Chunk(const ObjectId& chunk_id, std::uint64_t chunk_size) : id(chunk_id), size(chunk_size) {}

    const ObjectId id;
    const std::uint64_t size;
    bool is_ahead = false;  ///< another thread reads it
    std::mutex mutex;       ///< of what follows
    std::condition_variable ended;
    std::optional<Object> object;
    std::exception_ptr failure;
  };

  /// @returns false when the helpers have enough to do
  bool read_ahead(const std::shared_ptr<Chunk>& chunk) {
    // It may run after this reader has gone, when a sink throws: so it has all it needs.
    chunk->is_ahead = database_.helpers().try_submit([&database = database_, chunk, path = path_] {
      std::optional<Object> object;
      std::exception_ptr failure;
      try {
        object = read_chunk(database, *chunk, path);
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(chunk->mutex);
      chunk->object = std::move(object);
      chunk->failure = failure;
      chunk->ended.notify_all();
    });
    return chunk->is_ahead;
  }

  static Object read_chunk(const ObjectDatabase& database, const Chunk& chunk,
                           const std::string& path) {
    return in_context(path, [&] {
      const std::uint64_t stored = database.header(chunk.id).second;
      if (stored != chunk.size) {
        throw Error(Errc::Corrupt, fmt::format("cannot use chunk '{}'", chunk.id.hex()),
                    fmt::format("it has {} bytes and not {}", stored, chunk.size));
      }
      // The SHA-256 over all chunks covers this one: its SHA-1 need not be taken too.
      return database.read_unchecked(chunk.id, ObjectType::Blob);
    });
  }

  Object wait_for(Chunk& chunk) const {
    if (!chunk.is_ahead) return read_chunk(database_, chunk, path_);
    std::unique_lock lock(chunk.mutex);
    chunk.ended.wait(lock, [&chunk] { return chunk.object || chunk.failure; });
    if (chunk.failure) std::rethrow_exception(chunk.failure);
    return *std::move(chunk.object);
  }

  void hand_out(Chunk& chunk) {
    const Object object = wait_for(chunk);
    const ByteView bytes = as_bytes(object.bytes);
    if (bytes.size() != chunk.size) hostile(chunk.id, "another size than its header tells");
    hasher_.update(bytes);
    sink_(bytes);
    offset_ += chunk.size;
    ++read_;
  }

  /// A name is the offset reached, so chunks neither overlap nor leave a gap.
  void require_name(const TreeEntry& entry, std::uint64_t offset, const ObjectId& tree) const {
    if (entry.name != chunk_name(offset)) {
      hostile(tree,
              fmt::format("{} in the place of chunk '{}'", quoted(entry.name), chunk_name(offset)));
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
  Object blob =
      in_context(path, [&] { return database.read_unchecked(content, ObjectType::Blob); });
  const auto is_right = [&] {
    return blob.bytes.size() == entry.size && sha256(blob.bytes) == entry.digest;
  };
  bool right = is_right();
  if (!right) {
    // An index that points elsewhere: there may be another copy, which has the id.
    blob = in_context(path, [&] { return database.read(content, ObjectType::Blob); });
    right = is_right();
  }
  const ByteView bytes = as_bytes(blob.bytes);
  if (!right) {
    throw Error(Errc::Corrupt, reading(path),
                fmt::format("blob '{}' has another size or SHA-256 than the metadata tells",
                            content.hex()));
  }
  for (std::size_t at = 0; at < bytes.size(); at += kLargestChunk) {
    sink(bytes.subspan(at, std::min<std::size_t>(kLargestChunk, bytes.size() - at)));
  }
}

}  // namespace stravinsky
