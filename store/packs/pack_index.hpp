#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// What an index says about one object of its pack.
struct PackedObject {
  ObjectId id;
  std::uint64_t offset = 0;  ///< of the entry, from the start of the pack
  std::uint32_t crc = 0;     ///< CRC-32 of the entry as it lies in the pack
};

/// The bytes of an index, version 2. Source: gitformat-pack(5).
/// @param objects  sorted by id here
/// @param pack     the pack's trailer
std::string encode_pack_index(std::vector<PackedObject>& objects, const ObjectId& pack);

/// A pack index, version 2, held in memory and checked once from end to end: trailer, size, order
/// of ids, every offset inside the pack. So look-ups need no further care.
///
/// Read, not mapped: a file cut short or a failing disk is then an error and not a signal.
class PackIndex {
 public:
  /// @param path       for messages
  /// @param pack_size  bytes of the pack
  /// @throws Error Corrupt, or of the errno
  PackIndex(const std::string& path, std::uint64_t pack_size);

  std::size_t size() const noexcept { return count_; }
  /// The trailer of the pack that it belongs to.
  ObjectId pack_trailer() const noexcept;
  std::optional<std::size_t> find(const ObjectId& id) const noexcept;
  /// First and one past the last position of ids between `low` and `high`, both included.
  std::pair<std::size_t, std::size_t> range(const ObjectId& low, const ObjectId& high) const;

  /// @param position  0 to size() - 1; ids ascend with it
  ObjectId id_at(std::size_t position) const noexcept;
  std::uint64_t offset_at(std::size_t position) const noexcept;
  std::uint32_t crc_at(std::size_t position) const noexcept;
  /// All positions in the order in which the objects lie in the pack.
  std::vector<std::size_t> by_offset() const;

 private:
  void read(const std::string& path, std::uint64_t pack_size);
  void check_ids(const std::string& path) const;
  void check_offsets(const std::string& path, std::uint64_t pack_size) const;
  const char* id_bytes(std::size_t position) const noexcept;
  std::size_t fan_out(std::size_t first_byte) const noexcept;
  std::size_t lower_bound(const ObjectId& id) const noexcept;

  std::string bytes_;
  std::size_t count_ = 0, large_ = 0;  ///< objects, and how many offsets take 64 bits
};

}  // namespace stravinsky
