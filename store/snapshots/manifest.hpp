#pragma once

#include <string>

#include "scan/scan.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

struct ManifestSource {
  Profile profile;
  std::string user, host;
  const ScanResult* scan = nullptr;
};

/// `snapshot.json`, docs/format.md 5.
std::string encode_manifest(const ManifestSource& source);

}  // namespace stravinsky
