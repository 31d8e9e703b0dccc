#pragma once

#include <optional>
#include <span>
#include <string>

#include "refs/ref_map.hpp"
#include "scan/scan.hpp"
#include "stravinsky/update.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The newest release whose `Version` is `version`; with an empty one the newest of all.
/// @throws Error Corrupt
std::optional<Snapshot> find_release(const Store::Parts& parts, const RefMap& refs,
                                     const std::string& profile, const std::string& version);

/// Who a release belongs to when it is brought to a directory.
struct ReleaseOwner {
  std::uint32_t uid = 0, gid = 0;
  std::string uname, gname;
};

/// Adds a release, as it was delivered, as a commit on top of the newest one.
/// @returns it, or the newest one where that is the same version of the same content
/// @throws Error Invalid, Corrupt, Io, NoSpace
Snapshot add_release(Store::Parts& parts, ObjectWriter& writer, ScanSink& sink,
                     const std::optional<Snapshot>& newest, const std::string& profile,
                     const std::string& version, std::span<const TreeEdit> content,
                     const std::string& source, const ReleaseOwner& owner, Timestamp now);

}  // namespace stravinsky
