#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stravinsky/progress.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/time.hpp"
#include "tree/directory.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {

class StatCache;

/// What happens to what a scan reads: stored by a snapshot, only hashed by `status`.
/// Threads: called from several at a time.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  /// The whole content of a file, or the target of a symlink, hashed as a blob.
  virtual StoredContent put_content(const HashedContent& content) = 0;

  /// A file too large for memory, handed over in order.
  class Large {
   public:
    virtual ~Large() = default;
    virtual void append(ByteView bytes) = 0;
    virtual void append_zeros(std::uint64_t count) = 0;
    virtual StoredContent finish() = 0;
  };
  virtual std::unique_ptr<Large> begin_large() = 0;

  /// A directory whose files and sub-directories have all been put. `unchanged` directories are not
  /// put again: the scan uses what the cache remembers.
  /// @param path  from the top; empty at the top
  virtual StoredDirectory put_directory(const std::string& path, const Directory& directory,
                                        Position position) = 0;
  /// False: every directory must be put, also one that the cache knows to be unchanged.
  virtual bool may_reuse_directories() const { return true; }
};

struct ScanRoot {
  std::string path;                  ///< a directory or a file; a symlink means its target
  std::string mount;                 ///< empty: the only root, at the top
  std::vector<std::string> include;  ///< globs below the root; empty: everything
};

struct ScanOptions {
  std::vector<ScanRoot> roots;  ///< sorted by mount; not equal, not nested (Invalid)
  ExcludeOptions exclude;
  std::vector<std::string> never;  ///< existing paths that are left out wherever they turn up
  std::uint64_t chunk_threshold = 32u << 20;  ///< bytes; files from here on are `Large`
  std::size_t threads = 0;
  /// Paths from the top to look at, each with all above it; the roots always are. A directory that
  /// is looked at is listed. Whatever else the cache knows is taken as the cache has it,
  /// directories with all they hold and not counted. Null: all is looked at.
  const std::set<std::string>* only = nullptr;
  const Clock* file_clock = nullptr;  ///< what files are stamped with; null: the system's
};

struct ScannedRoot {
  std::string path, real_path, mount;
  bool is_file = false;
  Sha256 digest;
  std::uint64_t entries = 0, bytes = 0;
};

struct ScanResult {
  StoredDirectory top;
  std::vector<ScannedRoot> roots;
  std::uint64_t entries = 0, files = 0, directories = 0, bytes = 0;  ///< roots not counted
  /// Against the cache: all that is no directory.
  std::uint64_t files_new = 0, files_changed = 0, files_unmodified = 0;
  std::uint64_t files_read = 0, bytes_read = 0;
  std::vector<Loss> losses;           ///< sorted by path
  std::vector<std::string> left_out;  ///< live paths of `never` that were met
  std::vector<std::string> warnings;  ///< links that leave the roots are not among them
};

/// Walks the roots and puts everything into `sink`, reading only what `cache` does not know to be
/// unchanged; `cache` knows all of it afterwards. The same tree gives the same result whatever the
/// number of threads. Never writes to what it scans; times of files are left alone where the system
/// allows it.
/// @throws Error NotFound (no root exists), Invalid, Cancelled, Io; what `sink` throws
ScanResult scan(const ScanOptions& options, StatCache& cache, ScanSink& sink, Progress& progress);

}  // namespace stravinsky
