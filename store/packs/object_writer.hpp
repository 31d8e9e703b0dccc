#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "objects/object.hpp"
#include "packs/object_database.hpp"

namespace stravinsky {

/// How hard objects are compressed. The numbers are not stored anywhere.
enum class Compression : std::uint8_t { None, Fast, Best };

/// Adds new objects to one unfinished pack in `tmp_dir`.
///
/// An object that is there already is not stored twice, and never on the word of its id alone: what
/// is stored is read and compared, and within the unfinished pack the SHA-256 of both is.
/// Compression runs on the calling thread; only the copy into the pack is serialised. What a crash
/// leaves: a file `tmp_dir/pack-<pid>-<n>.tmp`, held by a kernel lock while its writer lives, that
/// the next writer removes. Threads: `put`, `try_put` from any; the rest from one, with no `put`
/// running.
class ObjectWriter {
 public:
  struct Totals {
    std::uint64_t objects = 0;  ///< stored anew
    std::uint64_t bytes = 0;    ///< of the pack, compressed
  };

  ObjectWriter(ObjectDatabase& database, std::string tmp_dir, Compression compression);
  ~ObjectWriter();  ///< removes the unfinished pack
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  /// @returns whether it is stored. False when other content is, under the same id: a true SHA-1
  ///          collision
  bool try_put(ObjectType type, const HashedContent& content);
  /// @throws Error Corrupt for a collision
  void put(ObjectType type, const HashedContent& content);
  ObjectId put(ObjectType type, ByteView content);
  ObjectId put(ObjectType type, std::string_view content) { return put(type, as_bytes(content)); }

  bool empty() const;  ///< nothing new so far
  Totals totals() const;

  /// Makes what was added so far durable, so that little is left to do under a lock.
  void sync();
  /// Finishes the pack and makes it visible and durable in `<objects>/pack`, in this order:
  /// trailer, fsync pack, write and fsync idx, rename pack, rename idx, fsync directory; then opens
  /// both again and checks the count and every new id. Nothing was added, or it is published
  /// already: does nothing. After it, only destruction. @throws Error
  void publish();
  /// Reads part of what was published back, a different part for each seed, and compares its
  /// SHA-256 with that of what was put. @param percentage  0 to 100, of the objects
  /// @throws Error Corrupt: the store does not give back what it was given
  void read_back(unsigned percentage, std::uint64_t seed) const;
  /// The name `publish` gave: `pack-<40 hex>`; empty before.
  const std::string& pack_name() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Removes unfinished packs in `tmp_dir` whose writers are dead.
void remove_abandoned_packs(const std::string& tmp_dir);

}  // namespace stravinsky
