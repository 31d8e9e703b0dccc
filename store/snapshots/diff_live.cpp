#include <fmt/format.h>

#include <algorithm>

#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "index/stat_cache.hpp"
#include "refs/snapshot_name.hpp"
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

ScanOptions scan_options(const Store::Parts& parts, const Profile& profile,
                         const ExcludeOptions& exclude, const std::vector<std::string>& never) {
  ScanOptions options;
  for (const ProfileRoot& root : profile.roots) {
    options.roots.push_back({root.path, root.mount, root.include});
  }
  std::sort(options.roots.begin(), options.roots.end(),
            [](const ScanRoot& a, const ScanRoot& b) { return a.mount < b.mount; });
  options.exclude = exclude;
  options.exclude.patterns.insert(options.exclude.patterns.begin(), profile.exclude.begin(),
                                  profile.exclude.end());
  options.never = never;
  options.never.push_back(parts.options.path);
  if (const std::string& key = parts.options.key_path; !key.empty()) {
    options.never.push_back(key);
    options.never.push_back(key + ".pub");
    // A configured key may be named by its public half: an agent or a program then signs.
    constexpr std::string_view kPublic = ".pub";
    if (key.ends_with(kPublic)) {
      options.never.push_back(key.substr(0, key.size() - kPublic.size()));
    }
  }
  for (const std::string& directory : {parts.options.key_dir, parts.options.checkpoint_dir}) {
    if (!directory.empty()) options.never.push_back(directory);
  }
  options.chunk_threshold = parts.config().store.chunk_threshold_mb << 20;
  options.threads = parts.config().store.threads;
  return options;
}

std::string stat_cache_path(const Store::Parts& parts, const std::string& profile) {
  return parts.own("cache/stat." + profile);
}

LiveDiff diff_live(const Store& store, const Snapshot& snapshot, const Profile& profile,
                   const ExcludeOptions& exclude, const DiffOptions& options, Progress& progress) {
  Store::Parts& parts = store.parts();
  // The cache speaks of the objects of `current`: without it every file is read.
  StatCache cache;
  if (!parts.is_clone) {
    const auto current = parts.find_ref(current_ref(profile.name));
    if (current) cache = StatCache::load(stat_cache_path(parts, profile.name), *current);
  }
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
