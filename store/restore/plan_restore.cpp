#include <fmt/format.h>

#include <set>

#include "restore/require_path.hpp"
#include "restore/require_same_places.hpp"
#include "restore/switch_plan.hpp"
#include "snapshots/scan_profile.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "stravinsky/in_place.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

RestorePlan plan_restore(const Store& store, const InPlaceTarget& target,
                         const InPlaceOptions& options, Progress& progress) {
  Store::Parts& parts = store.parts();
  const ObjectDatabase& database = *parts.database;
  const Selection selection(target.paths, options.include, options.exclude);
  const StoredDirectory top = read_snapshot_roots(database, target.snapshot).top;
  for (const std::string& path : selection.paths()) {
    require_path(database, top, path, target.snapshot.name);
  }
  const std::vector<RecordedRoot> recorded = read_recorded_roots(store, target.snapshot);
  const Profile profile = lay_out_as(target.profile, recorded);
  LiveRoots roots(profile);
  require_same_places(roots, recorded, target.snapshot);
  OwnerPolicy owners(options.owner, options.numeric_ids);
  RememberingSink sink;
  std::optional<ComparedTree> live;
  std::vector<Loss> losses;
  if (roots.any_there()) {
    StatCache cache = load_stat_cache(parts, profile.name);
    const ScanResult scanned = scan(scan_options(parts, profile, {}, {}), cache, sink, progress);
    losses = scanned.losses;
    live = scanned_tree(*parts.directories, scanned.top, sink);
  }
  SwitchPlan plan = make_switch_plan({.directories = *parts.directories,
                                      .target = top,
                                      .live = live,
                                      .roots = roots,
                                      .selection = selection,
                                      .wanted = target,
                                      .profile = profile,
                                      .options = options,
                                      .owners = owners,
                                      .lost = losses,
                                      .list_unchanged = true});
  std::set<std::string> skipped;
  for (const RestoreIssue& issue : plan.shown.issues) skipped.insert(issue.path);
  for (const Loss& loss : losses) {
    if (roots.is_missing(loss) || skipped.contains(loss.path)) continue;
    plan.shown.losses.push_back(loss);
  }
  if (live) plan.shown.live = live->top.digest;
  return std::move(plan.shown);
}

}  // namespace stravinsky
