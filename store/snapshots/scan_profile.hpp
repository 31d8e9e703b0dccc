#pragma once

#include "index/stat_cache.hpp"
#include "scan/scan.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// What a scan of a profile's live roots is told: its excludes, and what is never captured (the
/// store, keys, checkpoints, `never`).
ScanOptions scan_options(const Store::Parts& parts, const Profile& profile,
                         const ExcludeOptions& exclude, const std::vector<std::string>& never);

/// What is known of a profile's files since its current snapshot; empty where nothing is, as in a
/// clone.
StatCache load_stat_cache(Store::Parts& parts, const std::string& profile);
/// Keeps what a scan has seen, unless it is kept already. Under the profile's lock.
/// @param top  of the scan, which the profile's current snapshot holds
void save_stat_cache(const Store::Parts& parts, const std::string& profile, const StatCache& cache,
                     const StoredDirectory& top);

}  // namespace stravinsky
