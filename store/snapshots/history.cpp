#include <fmt/format.h>

#include "core/text.hpp"
#include "snapshots/compare.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky {
namespace {

bool is_same_version(const std::optional<Entry>& a, const std::optional<Entry>& b) {
  if (!a || !b) return !a && !b;
  const bool directories = a->type == EntryType::Directory && b->type == EntryType::Directory;
  if (directories) return a->digest == b->digest;
  return compare_entries(*a, *b).letters().empty();
}

}  // namespace

std::vector<FileVersion> file_history(const Store& store, const std::string& profile,
                                      const std::string& path) {
  std::vector<FileVersion> versions;
  bool ever = false;
  for (const Snapshot& snapshot : list_snapshots(store, {.profile = profile})) {
    std::optional<Entry> entry = SnapshotTree(store, snapshot).find(path);
    ever = ever || entry.has_value();
    if (!versions.empty() && is_same_version(versions.back().entry, entry)) {
      versions.back().snapshot = snapshot;  // the oldest that has it
      ++versions.back().snapshots;
    } else {
      versions.push_back({snapshot, std::move(entry), 1});
    }
  }
  if (!ever) {
    throw Error(Errc::NotFound, fmt::format("cannot find {} in any snapshot", quoted(path)),
                fmt::format("no snapshot of the profile {} has it", quoted(profile)),
                fmt::format("stravinsky find '*{}*'", path.substr(path.rfind('/') + 1)));
  }
  // Before it first appeared it was absent, which is no version.
  if (!versions.back().entry) versions.pop_back();
  return versions;
}

}  // namespace stravinsky
