#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// What happens to entries that stand in the target already. Directories are entered, never
/// replaced; they get their attributes anew by `Always` and `IfChanged`. A directory in the way of
/// another entry, and anything but a directory in the way of one, is left alone and an issue.
enum class Overwrite : std::uint8_t {
  Refuse,  ///< the target must be new or empty
  Always,
  IfChanged,  ///< only what differs in type, size, time, mode, owner or content
  IfNewer,    ///< only what is older than in the snapshot
  Never,      ///< only what is missing
};

struct RestoreOptions {
  std::string target;              ///< a directory, made when missing (its parent must exist)
  std::vector<std::string> paths;  ///< from the top of the snapshot; empty: all
  std::vector<std::string> include, exclude;  ///< gitignore patterns against the snapshot's paths
  Overwrite overwrite = Overwrite::Refuse;
  bool owner = true;         ///< set owner and group
  bool numeric_ids = false;  ///< by number, even where the names are known here
  bool verify = true;        ///< read every written file back
  bool dry_run = false;
};

/// One entry that could not be restored, or not with everything.
struct RestoreIssue {
  std::string path, reason;
  bool content = false;  ///< the entry itself is missing; otherwise only an attribute
  bool damaged = false;  ///< because the store is
};

/// Counts are of entries other than directories; a directory that could not be made is one failure.
struct RestoreReport {
  std::uint64_t restored = 0, unchanged = 0, skipped = 0, failed = 0;
  std::uint64_t bytes = 0;
  std::vector<RestoreIssue> issues;
  std::chrono::nanoseconds duration{0};
};

/// Writes a snapshot below `options.target`, each file with its right mode before its right name,
/// and nothing outside: no symlink below the target is followed, and the store is not entered even
/// where it lies below. What is damaged or cannot be set is reported and the rest carried on with.
/// Not durable: a caller who needs that syncs the filesystem. An error later than those about the
/// target leaves whole files, no temporary ones, and directories still closed to others.
/// @throws Error Exists (the target is not empty), Invalid (a file, inside the store, or without
///               parent directory), NotFound (a path the snapshot does not have), NoSpace, Denied,
///               Cancelled, Io
RestoreReport restore_to_directory(const Store& store, const Snapshot& snapshot,
                                   const RestoreOptions& options,
                                   Progress& progress = no_progress());

enum class ArchiveFormat : std::uint8_t { Tar, TarZst, Zip };
/// Where `dump` writes.
struct DumpOutput {
  int fd = -1;  ///< not closed
  std::string name = "the output";
  // Not explicit: a descriptor alone will do.
  DumpOutput(int descriptor) : fd(descriptor) {}  // NOLINT(google-explicit-constructor)
  DumpOutput(int descriptor, std::string called) : fd(descriptor), name(std::move(called)) {}
};
/// Writes a directory of a snapshot as an archive (PAX tar, so with xattrs, ACLs, long names and
/// nanoseconds), or one file as it is, to a descriptor.
/// @param path  from the top; "" for all
/// @returns what the format cannot hold, one line each
std::vector<std::string> dump(const Store& store, const Snapshot& snapshot, const std::string& path,
                              ArchiveFormat format, const DumpOutput& output,
                              Progress& progress = no_progress());

/// A directory of a snapshot, for an archive that holds several.
struct DumpPart {
  Snapshot snapshot;
  std::string path;       ///< from the top; "" for all
  std::string directory;  ///< what it is called in the archive: a plain name, no two alike
};
/// The same for several directories, each below a name of its own.
/// @throws Error Invalid: one of the paths is no directory
std::vector<std::string> dump(const Store& store, const std::vector<DumpPart>& parts,
                              ArchiveFormat format, const DumpOutput& output,
                              Progress& progress = no_progress());

}  // namespace stravinsky
