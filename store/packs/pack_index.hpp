#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "fs/fd.hpp"
#include "stravinsky/error.hpp"
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

/// A pack index, version 2.
///
/// A command looks up a few objects among millions: so opening reads and checks the shape alone,
/// and a look-up the ids and offsets that share its first byte, once. What that leaves is a wrong
/// bit in an id, which hides an object, or in an offset that leads to another object, which its
/// reader notices; `check` finds both.
///
/// Read, not mapped: a file cut short or a failing disk is then an error and not a signal. What was
/// read stays in memory; a large index keeps its file open until all of it was.
/// Threads: any.
class PackIndex {
 public:
  /// @param path       for messages
  /// @param pack_size  bytes of the pack
  /// @throws Error Corrupt, or of the errno
  PackIndex(const std::string& path, std::uint64_t pack_size);

  /// Checks it from end to end, once: checksum, order of ids, every offset inside the pack.
  /// @throws Error Corrupt
  void check() const;

  std::size_t size() const noexcept { return count_; }
  /// The trailer of the pack that it belongs to.
  ObjectId pack_trailer() const noexcept;
  /// @throws Error Corrupt
  std::optional<std::size_t> find(const ObjectId& id) const;
  /// First and one past the last position of ids between `low` and `high`, both included.
  /// @throws Error Corrupt
  std::pair<std::size_t, std::size_t> range(const ObjectId& low, const ObjectId& high) const;

  /// @param position  that a look-up gave; after `check` any from 0 to size() - 1. Ids ascend with
  /// it
  ObjectId id_at(std::size_t position) const noexcept;
  std::uint64_t offset_at(std::size_t position) const noexcept;
  std::uint32_t crc_at(std::size_t position) const noexcept;
  /// All positions in the order in which the objects lie in the pack. @throws Error as check
  std::vector<std::size_t> by_offset() const;
  /// The offsets of all objects that a look-up can find, ascending.
  std::vector<std::uint64_t> sorted_offsets() const;

 private:
  void read();
  void check_all() const;
  /// Has the ids that begin with `first`, and their offsets, read and checked.
  void require_group(std::size_t first) const;
  // Under the lock:
  void read_part(std::size_t from, std::size_t size) const;
  /// Reads the groups from `first` up to `end`, but those that are there already.
  void read_groups(std::size_t first, std::size_t end) const;
  void check_group(std::size_t first) const;

  std::size_t group_begin(std::size_t first) const noexcept;
  /// Where the tables begin in the file.
  std::size_t crcs_begin() const noexcept;
  std::size_t offsets_begin() const noexcept;
  const char* id_bytes(std::size_t position) const noexcept;
  std::size_t fan_out(std::size_t first_byte) const noexcept;
  std::size_t lower_bound(const ObjectId& id) const noexcept;

  std::string path_;
  std::uint64_t pack_size_;
  std::unique_ptr<char[]> bytes_;      ///< the file, as far as it was read
  std::size_t size_ = 0;               ///< of the file, in bytes
  std::size_t count_ = 0, large_ = 0;  ///< objects, and how many offsets take 64 bits
  mutable std::array<std::atomic<bool>, 256> group_is_good_{};
  mutable std::mutex mutex_;  ///< of all below, and of the bytes of groups that are not good yet
  mutable std::array<bool, 256> group_is_read_{};
  mutable fs::Fd fd_;  ///< open as long as something was not read
  mutable bool is_checked_ = false;
  mutable std::optional<Error> damage_;
};

}  // namespace stravinsky
