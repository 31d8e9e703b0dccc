#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/worker_pool.hpp"
#include "objects/object.hpp"
#include "packs/pack_file.hpp"

namespace stravinsky {

/// Takes one piece of damage: the object it concerns, if any, and what is wrong.
using ReportDamage = std::function<void(const std::optional<ObjectId>&, const std::string&)>;

/// Takes a blob that hashes to its id, with its SHA-256; several at once, on any thread.
using TakeBlob = std::function<void(const HashedContent&)>;

/// @param take  may be empty: then no SHA-256 is made
/// @returns whether the object hashes to `id`
bool is_sound(const Object& object, const ObjectId& id, const TakeBlob& take);

/// Reads every byte of `pack`: compares the trailer and each entry's CRC, then inflates each object
/// and compares its SHA-1. Carries on after damage.
/// @param pool      for the objects; idle
/// @param progress  bytes of the pack done since the last call; one call at a time, any thread
/// @param take      as is_sound
/// @param report    as `progress`
void verify_pack(const PackFile& pack, std::uint64_t limit, WorkerPool& pool,
                 const std::function<void(std::uint64_t)>& progress, const TakeBlob& take,
                 const ReportDamage& report);

}  // namespace stravinsky
