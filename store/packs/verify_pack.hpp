#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/worker_pool.hpp"
#include "packs/pack_file.hpp"

namespace stravinsky {

/// Takes one piece of damage: the object it concerns, if any, and what is wrong.
using ReportDamage = std::function<void(const std::optional<ObjectId>&, const std::string&)>;

/// Reads every byte of `pack`: compares the trailer and each entry's CRC, then inflates each object
/// and compares its SHA-1. Carries on after damage.
/// @param pool      for the objects; idle
/// @param progress  bytes of the pack done since the last call; one call at a time, any thread
/// @param report    likewise
void verify_pack(const PackFile& pack, std::uint64_t limit, WorkerPool& pool,
                 const std::function<void(std::uint64_t)>& progress, const ReportDamage& report);

}  // namespace stravinsky
