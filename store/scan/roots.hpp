#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "fs/file_status.hpp"
#include "scan/scan.hpp"

namespace stravinsky {

/// One root as a scan finds it.
struct OpenRoot {
  std::string path, real_path, mount;
  std::vector<std::string> include;
  bool is_file = false;
  fs::FileStatus status;
  Sha256 digest;
  // What it holds, itself not counted.
  std::atomic<std::uint64_t> entries{0}, files{0}, directories{0}, bytes{0};
};

using Roots = std::vector<std::unique_ptr<OpenRoot>>;

/// A file or directory that is never captured.
struct NeverPath {
  std::uint64_t device = 0, inode = 0;
  std::string real_path;
};

/// Those of `paths` that exist.
std::vector<NeverPath> find_never(const std::vector<std::string>& paths);

/// Finds the roots that exist, sorted by mount; one that is missing among others is a loss.
/// @throws Error NotFound (none exists), Invalid (no root, equal or nested ones, one that is
/// neither
///         file nor directory or lies within what is never captured, mounts that are no names)
Roots find_roots(const std::vector<ScanRoot>& wanted, const std::vector<NeverPath>& never,
                 std::vector<Loss>& losses);

}  // namespace stravinsky
