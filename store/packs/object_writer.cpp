#include "packs/object_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/worker_pool.hpp"
#include "fs/unfinished_file.hpp"
#include "packs/pack_builder.hpp"
#include "packs/stored_copy.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::uint64_t kLargestObject = std::uint64_t{2} << 30;
constexpr std::size_t kShards = 64;
constexpr std::size_t kBatch = 64;  ///< so many objects are read back by one thread in one go

int level_of(Compression compression) {
  switch (compression) {
    case Compression::None:
      return 0;
    case Compression::Fast:
      return 1;
    case Compression::Best:
      return 9;
  }
  return 1;
}

void require_storable(ByteView content) {
  if (content.size() <= kLargestObject) return;
  throw Error(Errc::Invalid, fmt::format("cannot store {} bytes as one object", content.size()),
              "2 GiB is the most that its readers take");
}

/// The objects put so far with the SHA-256 of their content.
class Seen {
 public:
  std::optional<Sha256> find(const ObjectId& id) {
    Shard& shard = of(id);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.digests.find(id);
    if (found == shard.digests.end()) return std::nullopt;
    return found->second;
  }
  /// The digest that another thread entered first, if one did.
  std::optional<Sha256> enter(const ObjectId& id, const Sha256& digest) {
    Shard& shard = of(id);
    const std::lock_guard lock(shard.mutex);
    const auto [entry, entered] = shard.digests.try_emplace(id, digest);
    if (entered) return std::nullopt;
    return entry->second;
  }
  /// Not while others enter. Ids are hashes: their own bytes are the draw.
  template <typename Visit>
  void for_sample(unsigned percentage, std::uint64_t seed, const Visit& visit) const {
    for (const Shard& shard : shards_) {
      for (const auto& [id, digest] : shard.digests) {
        if ((std::hash<ObjectId>()(id) ^ seed) % 100 < percentage) visit(id, digest);
      }
    }
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::pmr::monotonic_buffer_resource memory;  ///< so that they go in one step
    std::pmr::unordered_map<ObjectId, Sha256> digests{&memory};
  };
  Shard& of(const ObjectId& id) { return shards_[id.data()[ObjectId::kSize - 1] % kShards]; }

  std::array<Shard, kShards> shards_;
};

/// Whether these very bytes are stored. They have the id then, which need not be computed again.
bool has_same(const ObjectDatabase& database, const ObjectId& id, ObjectType type,
              ByteView content) {
  try {
    return database.read_unchecked(id, type).bytes == as_text(content);
  } catch (const Error&) {
    return false;  // damaged, or of another type: compare_with_stored tells
  }
}

/// What was put, by its id.
struct Stored {
  ObjectId id;
  Sha256 digest;
};

void require_stored(const ObjectDatabase& database, const Stored& stored) {
  const Object object = database.read_unchecked(stored.id);
  const HashedContent found = hash_content(object.type, as_bytes(object.bytes));
  if (found.id == stored.id && found.digest == stored.digest) return;
  throw Error(Errc::Corrupt, fmt::format("cannot read object '{}' back", stored.id.hex()),
              "the store holds other bytes than it was given",
              "check the disk and the memory of this machine, then run `stravinsky verify`");
}

}  // namespace

struct ObjectWriter::Parts {
  ObjectDatabase& database;
  PackBuilder pack;
  Seen seen;
  std::string name;
};

ObjectWriter::ObjectWriter(ObjectDatabase& database, std::string tmp_dir, Compression compression)
    : parts_(new Parts{database, {std::move(tmp_dir), level_of(compression)}, {}, {}}) {}

ObjectWriter::~ObjectWriter() = default;

bool ObjectWriter::try_put(ObjectType type, const HashedContent& content) {
  const auto& [bytes, id, digest] = content;
  require_storable(bytes);
  if (const std::optional<Sha256> first = parts_->seen.find(id)) return *first == digest;

  StoredCopy stored = StoredCopy::None;
  if (parts_->database.contains_listed(id)) {
    stored =
        has_same(parts_->database, id, type, bytes)
            ? StoredCopy::Same
            : compare_with_stored([&] { return parts_->database.find(content.id); }, type, bytes);
  }
  if (stored == StoredCopy::Collides) return false;
  if (const std::optional<Sha256> first = parts_->seen.enter(id, digest)) return *first == digest;
  if (stored == StoredCopy::None) parts_->pack.add(type, id, bytes);
  return true;
}

void ObjectWriter::put(ObjectType type, const HashedContent& content) {
  if (try_put(type, content)) return;
  throw Error(Errc::Corrupt,
              fmt::format("cannot store a {} as object '{}'", name_of(type), content.id.hex()),
              "other content has the same SHA-1: somebody made the two collide on purpose");
}

ObjectId ObjectWriter::put(ObjectType type, ByteView content) {
  require_storable(content);  // before the work of hashing it
  const HashedContent hashed = hash_content(type, content);
  put(type, hashed);
  return hashed.id;
}

bool ObjectWriter::empty() const { return parts_->pack.objects() == 0; }

ObjectWriter::Totals ObjectWriter::totals() const {
  return {parts_->pack.objects(), parts_->pack.bytes()};
}

void ObjectWriter::sync() { parts_->pack.sync(); }

void ObjectWriter::publish() {
  if (empty() || !parts_->name.empty()) return;
  parts_->name = parts_->pack.publish(parts_->database.objects_dir());
  parts_->database.refresh();
}

void ObjectWriter::read_back(unsigned percentage, std::uint64_t seed) const {
  std::vector<Stored> sample;
  parts_->seen.for_sample(percentage, seed, [&](const ObjectId& id, const Sha256& digest) {
    sample.push_back({id, digest});
  });
  const auto check = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) require_stored(parts_->database, sample[i]);
  };
  std::optional<WorkerPool> pool;
  try {
    if (sample.size() > kBatch) pool.emplace();
  } catch (const Error&) {
    // The system allows no more threads: this one will do.
  }
  if (!pool) return check(0, sample.size());
  for (std::size_t from = 0; from < sample.size(); from += kBatch) {
    const std::size_t to = std::min(from + kBatch, sample.size());
    pool->submit([&check, from, to] { check(from, to); });
  }
  pool->wait();
}

const std::string& ObjectWriter::pack_name() const { return parts_->name; }

void remove_abandoned_packs(const std::string& tmp_dir) {
  fs::remove_abandoned_files(tmp_dir, kUnfinishedPack);
}

}  // namespace stravinsky
