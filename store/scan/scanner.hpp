#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/worker_pool.hpp"
#include "fs/fd.hpp"
#include "fs/limits.hpp"
#include "scan/account_cache.hpp"
#include "scan/excluder.hpp"
#include "scan/hardlinks.hpp"
#include "scan/pending_directory.hpp"
#include "scan/read_entry.hpp"
#include "scan/roots.hpp"

namespace stravinsky {

using SharedFd = std::shared_ptr<fs::Fd>;
using SharedDirectory = std::shared_ptr<PendingDirectory>;

/// How many threads, open directories and queued batches fit into the descriptors there are.
struct ScanLimits {
  std::size_t threads, open_levels, jobs;
  static ScanLimits choose(std::size_t wanted_threads, std::size_t descriptors);
};

/// What the threads of one scan share: who reads entries, and who puts directories.
///
/// The walk (walk.hpp) hands in directories and batches of entries; everything here may run on any
/// thread.
class Scanner {
 public:
  Scanner(const ScanOptions& options, StatCache::Parts& cache, ScanSink& sink, Progress& progress,
          ScanResult& result);

  const ScanOptions& options;
  StatCache::Parts& cache;
  ScanSink& sink;
  Progress& progress;
  const ScanLimits limits;
  const Clock& clock;
  std::vector<NeverPath> never;
  Roots roots;

  /// Queues entries of one directory for reading. @param fd  null: it is opened again
  void submit(const SharedDirectory& directory, const SharedFd& fd,
              std::vector<std::uint32_t> children);
  /// Ends one of the things that `pending` counts; the last one puts the directory.
  /// @param on_walk  the caller is the walk, which leaves the work to others
  void release(const SharedDirectory& directory, bool on_walk = false);
  /// Joins an entry with several links to its group; reads it if it is the first.
  void join_hardlinks(const SharedDirectory& directory, std::uint32_t child, const SharedFd& fd);

  /// Leaves an entry out because it could not be captured.
  void lose(PendingDirectory& directory, Child& child, Loss::Kind kind, std::string reason);
  /// Names a directory whose own content could not be captured.
  void lose(const PendingDirectory& directory, Loss::Kind kind, std::string reason);
  /// An entry that is captured, but not with everything.
  /// @param path  from the top of the snapshot
  void lose_attributes(std::string path, int error);
  void warn(std::string text);
  void leave_out(std::string live_path);
  std::string live_path(const PendingDirectory& directory, std::string_view name = {}) const;
  /// Counts an entry that is captured.
  void count(const PendingDirectory& directory, EntryType type, std::uint64_t size);
  /// Counts entries that are as the cache has them.
  void count_known(const PendingDirectory& directory, std::uint64_t entries, std::uint64_t files,
                   std::uint64_t bytes);
  /// A root that is a file counts for itself.
  void note_file_root(std::string_view mount, const FileRecord& record);
  /// A directory that was counted is left out after all.
  void uncount_directory(const PendingDirectory& directory);
  void require_not_cancelled();

  /// Opens a directory again through all above it. Empty when another one stands there now.
  SharedFd reopen(const PendingDirectory& directory) const;
  /// The name of an entry in its live directory, which for a root is not its mount.
  const char* live_name(const PendingDirectory& directory, const Child& child) const;
  OpenRoot& root_at(std::string_view mount) const;

  /// Waits until few batches are left: memory and descriptors are bounded by that.
  void wait_for_room() { pool_.wait_below(limits.jobs); }
  /// Waits for all, and makes the result and the cache of it.
  void finish();

 private:
  void read_batch(const SharedDirectory& directory, SharedFd fd,
                  const std::vector<std::uint32_t>& children);
  void complete(const SharedDirectory& directory, std::uint32_t child, ReadResult read);
  void take(PendingDirectory& directory, Child& child, FileRecord record, std::string hardlink);
  void put(PendingDirectory& directory);
  Directory build(const PendingDirectory& directory);
  CacheBuilder::Node remember(PendingDirectory& directory, bool& kept);
  bool can_reuse(const PendingDirectory& directory) const;
  void put_upwards(SharedDirectory directory);

  ScanResult& result_;
  AccountCache accounts_;
  const bool may_reuse_;
  CacheBuilder builder_;
  Hardlinks hardlinks_;
  StoredDirectory top_;
  CacheBuilder::Node top_node_ = CacheBuilder::kNone;
  bool top_kept_ = false;
  std::atomic<std::uint64_t> files_new_{0}, files_changed_{0}, files_unmodified_{0};
  std::atomic<std::uint64_t> files_read_{0}, bytes_read_{0};
  std::mutex notes_;
  WorkerPool pool_;  ///< last: its jobs end before anything else goes
};

}  // namespace stravinsky
