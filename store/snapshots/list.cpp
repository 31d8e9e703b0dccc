#include <algorithm>
#include <utility>

#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky {
namespace {

bool has_tag(const Snapshot& snapshot, const Tag& wanted) {
  return std::any_of(snapshot.tags.begin(), snapshot.tags.end(), [&](const Tag& tag) {
    return tag.first == wanted.first && (wanted.second.empty() || tag.second == wanted.second);
  });
}

bool matches(const Store& store, const Snapshot& snapshot, const ListFilter& filter) {
  if (filter.category && snapshot.category != *filter.category) return false;
  if (filter.since && snapshot.time < *filter.since) return false;
  if (filter.until && snapshot.time > *filter.until) return false;
  for (const Tag& tag : filter.tags) {
    if (!has_tag(snapshot, tag)) return false;
  }
  return !filter.path || SnapshotTree(store, snapshot).find(*filter.path).has_value();
}

}  // namespace

std::vector<Snapshot> list_snapshots(const Store& store, const ListFilter& filter) {
  Store::Parts& parts = store.parts();
  const auto held = parts.read_refs();
  const RefMap& refs = *held;
  const CatalogCache cache(catalog_cache_path(parts));
  std::vector<std::vector<Snapshot>> lists;
  for (const auto& [profile, count] : profiles_of(refs)) {
    if (filter.profile && profile != *filter.profile) continue;
    Catalog catalog(parts, refs, profile, cache);
    std::vector<Snapshot>& found = lists.emplace_back();
    for (std::size_t i = 0; i < catalog.size() && found.size() < filter.limit; ++i) {
      const Snapshot* snapshot = catalog.find(i);
      if (snapshot == nullptr || !matches(store, *snapshot, filter)) continue;
      found.push_back(catalog.take(i));
    }
  }
  std::vector<Snapshot> found = merge_by_time(std::move(lists));
  if (found.size() > filter.limit) found.resize(filter.limit);
  return found;
}

std::vector<Snapshot> merge_by_time(std::vector<std::vector<Snapshot>> lists) {
  std::erase_if(lists, [](const auto& list) { return list.empty(); });
  if (lists.size() == 1) return std::move(lists.front());
  std::vector<Snapshot> merged;
  std::vector<std::size_t> next(lists.size(), 0);
  for (;;) {
    std::size_t newest = lists.size();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (next[i] == lists[i].size()) continue;
      if (newest == lists.size() || lists[i][next[i]].time > lists[newest][next[newest]].time) {
        newest = i;
      }
    }
    if (newest == lists.size()) return merged;
    merged.push_back(std::move(lists[newest][next[newest]++]));
  }
}

std::vector<std::pair<std::string, std::size_t>> list_profiles(const Store& store) {
  return profiles_of(*store.parts().read_refs());
}

std::optional<Snapshot> find_current(const Store& store, const std::string& profile) {
  Store::Parts& parts = store.parts();
  const auto held = parts.read_refs();
  const RefMap& refs = *held;
  const auto current = refs.find(current_ref(profile).str());
  if (current == refs.end()) return std::nullopt;
  const std::string prefix = tags_of(profile);
  for (auto ref = refs.lower_bound(prefix); ref != refs.end() && ref->first.starts_with(prefix);
       ++ref) {
    if (ref->second == current->second) return read_snapshot(parts, refs, ref->first, ref->second);
  }
  return std::nullopt;  // forgotten: its tag is in the trash
}

}  // namespace stravinsky
