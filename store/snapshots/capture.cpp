#include "snapshots/capture.hpp"

#include <nlohmann/json.hpp>

#include "fs/durable.hpp"
#include "snapshots/names.hpp"
#include "snapshots/scan_profile.hpp"
#include "snapshots/stream_content.hpp"

namespace stravinsky {
namespace {

void read_live(Capture& taken, Store::Parts& parts, ScanSink& sink, Progress& progress,
               const std::set<std::string>* only) {
  const CreateOptions& options = *taken.options;
  if (options.stream) {
    taken.scan = store_stream(*options.stream, sink, parts.now(),
                              parts.config().store.chunk_threshold_mb << 20, progress);
    return;
  }
  taken.cache = load_stat_cache(parts, options.profile.name);
  ScanOptions scanned = scan_options(parts, options.profile, options.exclude, options.never);
  scanned.only = only;
  taken.scan = scan(scanned, taken.cache, sink, progress);
}

}  // namespace

void capture_into(Capture& taken, const Store& store, ScanSink& sink, Progress& progress,
                  const std::set<std::string>* only) {
  taken.current = find_current(store, taken.options->profile.name);
  if (taken.current && only == nullptr && !taken.options->stream) {
    progress.estimate(taken.current->bytes);
  }
  read_live(taken, store.parts(), sink, progress, only);
  taken.unchanged = taken.current && taken.current->content == taken.scan.top.digest;
}

// The temporary names are fixed, since the profile's lock is held: what a crash leaves is
// overwritten.
void write_projections(const Store::Parts& parts, const Capture& taken) {
  const std::string& profile = taken.options->profile.name;
  if (!taken.options->stream) save_stat_cache(parts, profile, taken.cache, taken.scan.top);
  if (profile != parts.config().profile_default || (taken.skipped && !taken.is_target)) return;
  const Snapshot& current = taken.is_target ? taken.side->target : taken.made;
  nlohmann::json latest = {{"version", current.version}};
  fs::write_atomically(
      parts.options.path + "/latest.json", parts.tmp_dir() + "/latest.json.tmp",
      as_bytes(latest.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
}

CreateReport report_of(Capture& taken) {
  CreateReport report;
  const ScanResult& scan = taken.scan;
  if (!taken.skipped && !taken.options->dry_run) report.snapshot = std::move(taken.made);
  report.current = taken.is_target ? taken.side->target : std::move(taken.current);
  report.unchanged = taken.unchanged;
  report.files_new = scan.files_new;
  report.files_changed = scan.files_changed;
  report.files_unmodified = scan.files_unmodified;
  report.directories = scan.directories;
  report.entries = scan.entries;
  report.bytes = scan.bytes;
  report.bytes_read = scan.bytes_read;
  report.losses = scan.losses;
  report.left_out = scan.left_out;
  report.warnings = scan.warnings;
  return report;
}

}  // namespace stravinsky
