#pragma once

#include "scan/scan.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// What a scan of a profile's live roots is told: its excludes, and what is never captured (the
/// store, keys, checkpoints, `never`).
ScanOptions scan_options(const Store::Parts& parts, const Profile& profile,
                         const ExcludeOptions& exclude, const std::vector<std::string>& never);

/// Where a profile's stat cache is.
std::string stat_cache_path(const Store::Parts& parts, const std::string& profile);

}  // namespace stravinsky
