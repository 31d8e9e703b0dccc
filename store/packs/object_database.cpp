#include "packs/object_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>

#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "fs/file.hpp"
#include "packs/loose_objects.hpp"
#include "packs/pack_set.hpp"
#include "packs/verify_pack.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

std::string could_not_read(const ObjectId& id) {
  return fmt::format("cannot read object '{}'", id.hex());
}

enum class Check { Id, Nothing };

/// A damaged index has nothing that could be relied on; find_damage names it.
std::optional<std::size_t> find_position(const PackFile& pack, const ObjectId& id) {
  try {
    return pack.index().find(id);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The first pack that was left out, or whose index hides objects.
std::optional<Error> find_damage(const PackSet& packs) {
  if (!packs.damage().empty()) return packs.damage().front().error;
  for (std::size_t i = 0; i < packs.size(); ++i) {
    try {
      packs.pack(i).index().check();
    } catch (const Error& error) {
      return error;
    }
  }
  return std::nullopt;
}

}  // namespace

struct ObjectDatabase::Parts {
  Parts(std::string directory, std::uint64_t limit, std::size_t threads)
      : objects_dir(std::move(directory)),
        max_object_size(limit),
        loose(objects_dir),
        helpers(threads) {}

  using Set = std::shared_ptr<const PackSet>;

  Set current();
  Set newer_than(const Set& seen);
  template <typename Visit>
  bool visit_packs(const PackSet& set, const ObjectId& id, Visit&& visit);
  bool contains(const PackSet& packs, const ObjectId& id);
  template <typename Result, typename FromPack, typename FromLoose>
  std::optional<Result> find(const ObjectId& id, FromPack&& from_pack, FromLoose&& from_loose);
  std::optional<Object> find_object(const ObjectId& id, Check check);
  std::vector<ObjectId> find_prefix(const PackSet& set, const ObjectId& low, const ObjectId& high);

  const std::string objects_dir;
  const std::uint64_t max_object_size;
  LooseObjects loose;
  OpenPacks open;

  std::mutex mutex;  ///< of the next two
  Set set;
  bool forgotten = true;
  std::atomic<std::size_t> last{0};  ///< the pack that had the object asked for last: a guess
  HelperThreads helpers;             ///< last: what they do uses the others
};

ObjectDatabase::Parts::Set ObjectDatabase::Parts::current() {
  const std::lock_guard lock(mutex);
  if (forgotten) set = std::make_shared<const PackSet>(objects_dir, set.get(), open);
  forgotten = false;
  return set;
}

/// A set read after `seen` when there can be one, else null. A writer asks it for each new object,
/// so the system calls of the usual answer are made without the lock.
ObjectDatabase::Parts::Set ObjectDatabase::Parts::newer_than(const Set& seen) {
  const bool stale = seen->is_stale();
  const std::lock_guard lock(mutex);
  if (set != seen) return set;
  if (!stale && !forgotten) return nullptr;
  set = std::make_shared<const PackSet>(objects_dir, set.get(), open);
  forgotten = false;
  return set;
}

/// Calls `visit(pack, position)` for each pack that has `id` until it gives true, the pack used
/// last first.
template <typename Visit>
bool ObjectDatabase::Parts::visit_packs(const PackSet& packs, const ObjectId& id, Visit&& visit) {
  const std::size_t count = packs.size(), first = last.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    const std::optional<std::size_t> position = find_position(packs.pack(at), id);
    if (position && visit(packs.pack(at), *position)) {
      if (at != first) last.store(at, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

bool ObjectDatabase::Parts::contains(const PackSet& packs, const ObjectId& id) {
  return visit_packs(packs, id, [](const PackFile&, std::size_t) { return true; }) ||
         (packs.has_loose(id) && loose.contains(id));
}

/// Tries every copy of `id` until one can be read: a damaged copy does not hide a good one.
template <typename Result, typename FromPack, typename FromLoose>
std::optional<Result> ObjectDatabase::Parts::find(const ObjectId& id, FromPack&& from_pack,
                                                  FromLoose&& from_loose) {
  std::optional<Result> result;
  std::optional<Error> failure;
  const auto attempt = [&](auto&& read) {
    try {
      result.emplace(read());
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
    return result.has_value();
  };
  Set seen = current();
  for (Set packs = seen; packs; packs = newer_than(seen)) {
    const bool found = visit_packs(*packs, id, [&](const PackFile& pack, std::size_t position) {
      return attempt([&] { return from_pack(pack, position); });
    });
    if (found) return result;
    if (packs->has_loose(id) && loose.contains(id) && attempt([&] { return from_loose(); })) {
      return result;
    }
    if (packs != seen) break;
  }
  seen = current();
  if (failure) throw Error(*failure);
  if (const std::optional<Error> damage = find_damage(*seen)) {
    const Error& error = *damage;
    throw Error(error.code(), could_not_read(id),
                fmt::format("what is damaged may hold it: {}", error.what()), error.remedy());
  }
  return std::nullopt;
}

std::optional<Object> ObjectDatabase::Parts::find_object(const ObjectId& id, Check check) {
  const auto checked = [&](Object object, const std::string& file) {
    if (check == Check::Id && id_of(object.type, as_bytes(object.bytes)) != id) {
      throw Error(Errc::Corrupt, fmt::format("{} in {}", could_not_read(id), quoted(file)),
                  "its content does not hash to its id");
    }
    return object;
  };
  // Known without being stored, and asked for by every snapshot of an empty directory.
  if (id == kEmptyTree) return Object{ObjectType::Tree, {}};
  return find<Object>(
      id,
      [&](const PackFile& pack, std::size_t position) {
        return checked(pack.read(position, max_object_size), pack.path());
      },
      [&] { return checked(loose.read(id, max_object_size), loose.path_of(id)); });
}

ObjectDatabase::ObjectDatabase(std::string objects_dir, std::uint64_t max_object_size,
                               std::size_t threads)
    : parts_(std::make_unique<Parts>(std::move(objects_dir), max_object_size, threads)) {
  parts_->current();
}

ObjectDatabase::~ObjectDatabase() = default;

const std::string& ObjectDatabase::objects_dir() const noexcept { return parts_->objects_dir; }

HelperThreads& ObjectDatabase::helpers() const noexcept { return parts_->helpers; }

bool ObjectDatabase::contains(const ObjectId& id) const {
  const Parts::Set seen = parts_->current();
  for (Parts::Set packs = seen; packs; packs = parts_->newer_than(seen)) {
    if (parts_->contains(*packs, id)) return true;
    if (packs != seen) break;
  }
  return false;
}

bool ObjectDatabase::contains_listed(const ObjectId& id) const {
  return parts_->contains(*parts_->current(), id);
}

std::optional<Object> ObjectDatabase::find(const ObjectId& id) const {
  return parts_->find_object(id, Check::Id);
}

namespace {

Object required(std::optional<Object> found, const ObjectId& id) {
  if (!found) throw Error(Errc::NotFound, could_not_read(id), "the store does not have it");
  return *std::move(found);
}

Object required(std::optional<Object> found, const ObjectId& id, ObjectType expected) {
  Object object = required(std::move(found), id);
  if (object.type != expected) {
    throw Error(Errc::Corrupt, could_not_read(id),
                fmt::format("it is a {}, not a {}", name_of(object.type), name_of(expected)));
  }
  return object;
}

}  // namespace

Object ObjectDatabase::read(const ObjectId& id) const {
  return required(parts_->find_object(id, Check::Id), id);
}

Object ObjectDatabase::read(const ObjectId& id, ObjectType expected) const {
  return required(parts_->find_object(id, Check::Id), id, expected);
}

Object ObjectDatabase::read_unchecked(const ObjectId& id) const {
  return required(parts_->find_object(id, Check::Nothing), id);
}

Object ObjectDatabase::read_unchecked(const ObjectId& id, ObjectType expected) const {
  return required(parts_->find_object(id, Check::Nothing), id, expected);
}

std::pair<ObjectType, std::uint64_t> ObjectDatabase::header(const ObjectId& id) const {
  using Header = std::pair<ObjectType, std::uint64_t>;
  if (id == kEmptyTree) return {ObjectType::Tree, 0};
  const std::optional<Header> found = parts_->find<Header>(
      id,
      [&](const PackFile& pack, std::size_t position) {
        return pack.header(position, parts_->max_object_size);
      },
      [&] { return parts_->loose.header(id, parts_->max_object_size); });
  if (!found) throw Error(Errc::NotFound, could_not_read(id), "the store does not have it");
  return *found;
}

std::vector<ObjectId> ObjectDatabase::Parts::find_prefix(const PackSet& packs, const ObjectId& low,
                                                         const ObjectId& high) {
  std::vector<ObjectId> ids;
  for (std::size_t i = 0; i < packs.size(); ++i) {
    const PackIndex& index = packs.pack(i).index();
    try {
      const auto [from, to] = index.range(low, high);
      for (std::size_t position = from; position < to; ++position) {
        ids.push_back(index.id_at(position));
      }
    } catch (const Error&) {
      continue;  // as find_position
    }
  }
  if (packs.has_loose(low)) {
    for (const ObjectId& id : loose.list(low.data()[0])) {
      if (low <= id && id <= high) ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<ObjectId> ObjectDatabase::find_prefix(std::string_view prefix,
                                                  std::size_t limit) const {
  const std::size_t missing = 40 - std::min<std::size_t>(prefix.size(), 40);
  const auto low = ObjectId::from_hex(std::string(prefix) + std::string(missing, '0'));
  const auto high = ObjectId::from_hex(std::string(prefix) + std::string(missing, 'f'));
  if (prefix.size() < 4 || !low || !high) {
    throw Error(Errc::Invalid, fmt::format("cannot look up {}", quoted(prefix)),
                "the start of an object id is 4 to 40 hexadecimal digits");
  }
  Parts::Set packs = parts_->current();
  std::vector<ObjectId> ids = parts_->find_prefix(*packs, *low, *high);
  if (ids.empty() && (packs = parts_->newer_than(packs))) {
    ids = parts_->find_prefix(*packs, *low, *high);
  }
  ids.resize(std::min(ids.size(), limit));
  return ids;
}

void ObjectDatabase::refresh() {
  const std::lock_guard lock(parts_->mutex);
  parts_->forgotten = true;
}

std::vector<std::string> ObjectDatabase::damage() const {
  std::vector<std::string> lines;
  for (const PackSet::Damage& damage : parts_->current()->damage()) {
    lines.emplace_back(damage.error.what());
  }
  return lines;
}

std::vector<ObjectDatabase::Finding> ObjectDatabase::verify_all(
    const std::function<void(std::uint64_t)>& progress,
    const std::function<void(const HashedContent&)>& take) const {
  const Parts::Set packs = parts_->current();
  std::vector<Finding> findings;
  for (const PackSet::Damage& damage : packs->damage()) {
    findings.push_back({damage.file, damage.error.what(), std::nullopt});
  }
  WorkerPool pool;
  for (std::size_t i = 0; i < packs->size(); ++i) {
    const PackFile& pack = packs->pack(i);
    verify_pack(pack, parts_->max_object_size, pool, progress, take,
                [&](const std::optional<ObjectId>& id, const std::string& what) {
                  findings.push_back({pack.path(), what, id});
                });
  }
  for (unsigned first = 0; first < 256; ++first) {
    if (!packs->has_fan_out(first)) continue;
    for (const ObjectId& id : parts_->loose.list(first)) {
      const std::string path = parts_->loose.path_of(id);
      try {
        if (!parts_->loose.contains(id)) continue;  // gone meanwhile
        const Object object = parts_->loose.read(id, parts_->max_object_size);
        if (!is_sound(object, id, take)) {
          findings.push_back({path, "its content does not hash to its id", id});
        }
        progress(object.bytes.size());
      } catch (const Error& error) {
        findings.push_back({path, error.what(), id});
      }
    }
  }
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.file, a.object, a.detail) < std::tie(b.file, b.object, b.detail);
  });
  return findings;
}

}  // namespace stravinsky
