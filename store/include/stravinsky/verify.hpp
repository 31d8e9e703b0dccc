#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

struct VerifyOptions {
  std::vector<Snapshot> snapshots;  ///< empty: all, and the whole store
  bool read_data = false;           ///< every byte of every file
  /// Of the files' bytes, as a fraction (0 to 1); chosen by `subset_seed`. With `read_data` unset.
  double read_fraction = 0;
  /// Part n of t of the files, by digest: 1 ≤ n ≤ t.
  std::optional<std::pair<unsigned, unsigned>> read_part;
  std::uint64_t subset_seed = 0;
  bool restore_test = false;  ///< restore each snapshot to `scratch` and compare
  std::string scratch;        ///< an existing directory
};

struct VerifyProblem {
  /// `profile/name`; a path in the snapshot, or a file of the store; `corrupt`, `hostile`,
  /// `missing`, `unreadable`, `invalid`, `counts`, `object`, `signature`, `foreign` or `restore`; a
  /// sentence. Snapshot and path may be empty.
  std::string snapshot, path, kind, detail;
  bool signature = false;  ///< of a signature or the chain, not of bytes
};

struct VerifyReport {
  bool ok = true;
  /// Objects: commits, manifests, trees, links and contents looked into one by one, each distinct
  /// one once; the pass over the packs adds its bytes only.
  std::uint64_t snapshots_checked = 0, objects_checked = 0, bytes_read = 0;
  std::vector<VerifyProblem> problems;
};

/// Checks packs, refs, signatures, events, and every directory's digest; with the options also the
/// files' bytes. Finds and names everything it can; damage is no exception. Writes nothing.
VerifyReport verify(const Store& store, const VerifyOptions& options,
                    Progress& progress = no_progress());

}  // namespace stravinsky
