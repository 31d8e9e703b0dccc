#pragma once

#include <string>

#include "fs/temp_file.hpp"
#include "packs/object_database.hpp"
#include "restore/apply_attributes.hpp"
#include "restore/directory_node.hpp"
#include "restore/restore_log.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// Puts single entries, all but directories, into open directories of the target.
///
/// 1. A name shows only what is complete: content, checked by reading it back where asked for,
///    owner, attributes and mode come first.
/// 2. In a directory that was there before, nothing is opened or changed by its final name.
/// 3. What goes wrong with one entry is logged and stays with it; only a full disk, or being asked
///    to stop, ends the restore. Where nothing is live yet, whatever is not the store's fault, or
///    for good (a device that only root can make), ends it: better nothing than a part.
/// Threads: any.
class EntryWriter {
 public:
  /// The arguments must outlive the writer.
  /// @param staging  what is restored becomes live later, in one step
  EntryWriter(const ObjectDatabase& database, const RestoreOptions& options, OwnerPolicy& owners,
              bool staging, RestoreLog& log, Progress& progress)
      : database_(database),
        options_(options),
        owners_(owners),
        staging_(staging),
        log_(log),
        progress_(progress) {}

  /// Restores one entry and logs how it went.
  /// @param directory_fd  of `directory`; -1 in a dry run for one that is not there
  /// @returns whether the entry now stands there as recorded, sealing flags apart
  bool restore(DirectoryNode& directory, int directory_fd, const Node& node);

  /// Makes `node` another name of a file that was restored before.
  /// @param source_directory, source  where that is
  /// @returns false: the filesystem makes no such link, and nothing was done or logged
  bool link(DirectoryNode& directory, int directory_fd, const Node& node, int source_directory,
            const std::string& source);

  /// Logs what went wrong with an entry. @throws Error the same, where that ends the restore
  void fail(std::string path, const Error& error);

  /// The last step for a file with sealing flags.
  void seal(DirectoryNode& directory, int directory_fd, const Entry& entry);

 private:
  enum class Place { Free, Taken };
  bool write_file(DirectoryNode& directory, int directory_fd, const Node& node, Place place);
  bool make_special(DirectoryNode& directory, int directory_fd, const Entry& entry, Place place);
  void report(DirectoryNode& directory, const Entry& entry,
              const std::vector<std::string>& reasons);

  const ObjectDatabase& database_;
  const RestoreOptions& options_;
  OwnerPolicy& owners_;
  const bool staging_;
  RestoreLog& log_;
  Progress& progress_;
  fs::TempFiles temp_files_;
};

}  // namespace stravinsky
