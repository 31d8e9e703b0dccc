#include "stravinsky/live_tree.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "snapshots/scan_profile.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

/// @param cache  of what is in the store; an empty one: every file is read
LiveTree read_tree(const Store::Parts& parts, const Profile& profile, const ExcludeOptions& exclude,
                   StatCache cache, Progress& progress) {
  RememberingSink sink;
  const ScanResult scanned = scan(scan_options(parts, profile, exclude, {}), cache, sink, progress);

  const ComparedTree live = scanned_tree(*parts.directories, scanned.top, sink);
  LiveTree tree;
  tree.losses = scanned.losses;
  struct Waiting {
    std::string path;
    StoredDirectory stored;
    std::optional<std::size_t> entry;  ///< its own, in the list
  };
  std::vector<Waiting> waiting = {{"", scanned.top, std::nullopt}};
  while (!waiting.empty()) {
    const auto [path, stored, own] = std::move(waiting.back());
    waiting.pop_back();
    const auto directory = live.read(stored, path);
    if (own) {
      Entry& entry = tree.entries[*own].entry;  // what its parent says of it are type and digest
      const std::string name = entry.name;
      entry = directory->self;
      entry.name = name;
    }
    for (const Node& node : directory->nodes) {
      const std::string below = path.empty() ? node.entry.name : path + "/" + node.entry.name;
      const bool is_directory = node.entry.type == EntryType::Directory;
      const bool is_root = std::any_of(
          profile.roots.begin(), profile.roots.end(),
          [&](const ProfileRoot& root) { return !root.mount.empty() && root.mount == below; });
      if (is_directory) {
        const auto entry = is_root ? std::nullopt : std::optional(tree.entries.size());
        waiting.push_back({below, node.directory, entry});
        if (is_root) continue;
      }
      LiveEntry& entry = tree.entries.emplace_back();
      entry.path = below;
      entry.entry = node.entry;
    }
  }
  std::sort(tree.entries.begin(), tree.entries.end(),
            [](const LiveEntry& a, const LiveEntry& b) { return a.path < b.path; });
  return tree;
}

}  // namespace

LiveTree read_live_tree(const Store& store, const Profile& profile, const ExcludeOptions& exclude,
                        Progress& progress) {
  Store::Parts& parts = store.parts();
  try {
    return read_tree(parts, profile, exclude, load_stat_cache(parts, profile.name), progress);
  } catch (const Error& error) {
    if (error.code() != Errc::Corrupt && error.code() != Errc::Hostile) throw;
    // What the store has of an unchanged directory is damaged; the directory itself is not.
    return read_tree(parts, profile, exclude, {}, progress);
  }
}

}  // namespace stravinsky
