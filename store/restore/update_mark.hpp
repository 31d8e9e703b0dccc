#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/lock.hpp"
#include "stravinsky/object_id.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// What stands in the store while an update has no last event: docs/format.md 16.
struct UpdateMark {
  std::string id;  ///< `upd_` and 16 hex digits
  std::string profile, from_version, to_version;
  ObjectId before;             ///< the snapshot that was live
  std::uint64_t sequence = 0;  ///< of the newest event when it began
  bool verify = true, roll_back = true;
};

/// Replaces or creates the mark, durably. The caller holds the lock of the update.
void write_update_mark(const Store::Parts& parts, const UpdateMark& mark);
/// Empty when there is none. @throws Error Corrupt, Invalid (of a newer format)
std::optional<UpdateMark> find_update_mark(const Store::Parts& parts, const std::string& profile);
void remove_update_mark(const Store::Parts& parts, const std::string& profile);
/// The profiles that have one, sorted.
std::vector<std::string> list_update_marks(const Store::Parts& parts);

/// Held while a profile is updated. @throws Error Locked
fs::Lock lock_update(const Store::Parts& parts, const std::string& profile);
/// The same without waiting.
std::optional<fs::Lock> try_lock_update(const Store::Parts& parts, const std::string& profile);

}  // namespace stravinsky
