#pragma once

#include <optional>
#include <set>
#include <string>

#include "index/stat_cache.hpp"
#include "scan/scan.hpp"
#include "snapshots/occasion.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/store_parts.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// One profile on its way from the live tree into a snapshot.
struct Capture {
  const CreateOptions* options = nullptr;
  ScanResult scan;
  /// Of the live tree's top; empty: unchanged, so its tree is stored already.
  std::optional<std::vector<TreeEntry>> top_entries;
  StatCache cache;
  std::optional<Snapshot> current;
  bool unchanged = false;
  bool skipped = false;
  const Occasion::Side* side = nullptr;  ///< of the occasion, if there is one
  bool is_target = false;                ///< the live tree equals the side's target
  bool is_untold = false;                ///< `made` is kept, without its event
  std::string facts;                     ///< a JSON object of what the profile's `captures` ask for
  Snapshot made;
};

/// Reads the live roots, or the stream, into `sink`, and compares the outcome with `current`.
/// @param only  as ScanOptions::only
/// @throws Error as `scan`; Corrupt, Io
void capture_into(Capture& taken, const Store& store, ScanSink& sink, Progress& progress,
                  const std::set<std::string>* only = nullptr);

/// Writes what may be lost: the stat cache, and the projection of the current version.
void write_projections(const Store::Parts& parts, const Capture& taken);

/// What the caller of `create_snapshots` is told; moves out of `taken` what it needs.
CreateReport report_of(Capture& taken);

}  // namespace stravinsky
