#include "snapshots/scan_profile.hpp"

#include <algorithm>

#include "refs/snapshot_name.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

std::string stat_cache_path(const Store::Parts& parts, const std::string& profile) {
  return parts.own("cache/stat." + profile);
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

// The cache speaks of objects that the current snapshot holds. Its metadata tree tells of all of
// them, and is that of every snapshot of the same content: one that found nothing new leaves the
// cache, megabytes for a large tree, as it is.
StatCache load_stat_cache(Store::Parts& parts, const std::string& profile) {
  if (parts.is_clone) return {};
  const auto current = parts.find_ref(current_ref(profile));
  if (!current) return {};
  try {
    return StatCache::load(stat_cache_path(parts, profile),
                           read_snapshot_roots(*parts.database, *current).top.meta);
  } catch (const Error&) {
    return {};  // a damaged snapshot keeps nobody from taking the next
  }
}

// The temporary name is fixed: what a crash leaves is overwritten.
void save_stat_cache(const Store::Parts& parts, const std::string& profile, const StatCache& cache,
                     const StoredDirectory& top) {
  const std::string path = stat_cache_path(parts, profile);
  cache.save(path, path + ".tmp", top.meta);
}

}  // namespace stravinsky
