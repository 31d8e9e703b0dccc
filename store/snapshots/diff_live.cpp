#include <fmt/format.h>

#include <algorithm>

#include "fs/file.hpp"
#include "snapshots/compare.hpp"
#include "snapshots/path.hpp"
#include "snapshots/scan_profile.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "stravinsky/diff.hpp"

namespace stravinsky {
namespace {

/// The rest of `path` below `root`: "" for the root itself; empty result when it lies elsewhere.
std::optional<std::string> below(const std::string& path, const std::string& root) {
  if (path == root) return "";
  const std::string prefix = root.ends_with('/') ? root : root + "/";
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

}  // namespace

LiveDiff diff_live(const Store& store, const Snapshot& snapshot, const Profile& profile,
                   const ExcludeOptions& exclude, const DiffOptions& options, Progress& progress) {
  Store::Parts& parts = store.parts();
  StatCache cache = load_stat_cache(parts, profile.name);
  RememberingSink sink;
  const ScanResult scanned = scan(scan_options(parts, profile, exclude, {}), cache, sink, progress);

  LiveDiff result;
  result.losses = scanned.losses;
  result.changes = compare_trees(
      stored_tree(*parts.directories, read_snapshot_roots(*parts.database, snapshot).top),
      scanned_tree(*parts.directories, scanned.top, sink), options);
  // What could not be read may well be as it was: it is among the losses, not gone.
  std::erase_if(result.changes, [&](const Change& change) {
    return change.code == 'D' &&
           std::any_of(result.losses.begin(), result.losses.end(),
                       [&](const Loss& loss) { return is_at_or_below(change.path, loss.path); });
  });
  return result;
}

std::optional<std::string> live_path(const Profile& profile, const std::string& path) {
  for (const ProfileRoot& root : profile.roots) {
    if (root.mount.empty()) return path.empty() ? root.path : root.path + "/" + path;
    if (!is_at_or_below(path, root.mount)) continue;
    return root.path + path.substr(root.mount.size());
  }
  return std::nullopt;
}

std::optional<std::string> snapshot_path(const Profile& profile, const std::string& live) {
  for (const ProfileRoot& root : profile.roots) {
    auto rest = below(live, root.path);
    if (!rest && fs::exists(root.path)) rest = below(live, fs::real_path(root.path));
    if (!rest) continue;
    if (root.mount.empty()) return rest;
    return rest->empty() ? root.mount : root.mount + "/" + *rest;
  }
  return std::nullopt;
}

}  // namespace stravinsky
