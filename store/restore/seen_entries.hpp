#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fs/file_status.hpp"
#include "index/stat_cache_parts.hpp"

namespace stravinsky {

/// What a scan saw of live entries, by their paths from the top of the snapshot. The way to the
/// last directory is kept, so paths in order cost only what they do not share with the one before.
/// Keeps `cache` by reference. Threads: one.
class SeenEntries {
 public:
  explicit SeenEntries(StatCache& cache) : cache_(cache) {}
  /// Empty: the scan does not remember it.
  std::optional<fs::FileStatus> find(const std::string& path);

 private:
  struct Level {
    std::string path;
    DirectoryRecord record;
  };

  const DirectoryRecord* find_directory(const std::string& path);

  StatCache& cache_;
  std::vector<Level> levels_;  ///< from the top down to the last directory asked for
};

}  // namespace stravinsky
