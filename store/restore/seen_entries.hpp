#pragma once

#include <map>
#include <optional>
#include <string>

#include "fs/file_status.hpp"
#include "index/stat_cache_parts.hpp"

namespace stravinsky {

/// What a scan saw of live entries, by their paths from the top of the snapshot. Paths asked for in
/// order cost one look at each directory. Keeps `cache` by reference. Threads: one.
class SeenEntries {
 public:
  explicit SeenEntries(StatCache& cache) : cache_(cache) {}
  /// Empty: the scan does not remember it.
  std::optional<fs::FileStatus> find(const std::string& path);

 private:
  std::optional<DirectoryRecord> find_directory(const std::string& path) const;

  StatCache& cache_;
  std::optional<std::string> directory_;  ///< the one that `seen_` is of
  std::map<std::string, fs::FileStatus, std::less<>> seen_;
};

}  // namespace stravinsky
