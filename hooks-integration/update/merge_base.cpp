#include "update/merge_base.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "stravinsky/audit.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky::hooks {
namespace {

/// Whether an event made a snapshot, which others only moved to or gave another name.
bool has_made(const AuditEvent& event, const std::string& tags, const ObjectId& commit) {
  return std::any_of(event.refs.begin(), event.refs.end(), [&](const AuditRef& one) {
    return one.ref.starts_with(tags) && !one.before && one.after == commit;
  });
}

}  // namespace

std::optional<Snapshot> find_merge_base(const Store& store, const Snapshot& snapshot) {
  const std::string& profile = snapshot.profile;
  std::optional<Snapshot> base = find_release(store, profile, snapshot.version);
  if (base || !find_newest_release(store, profile)) return base;
  const std::string tags = fmt::format("refs/tags/{}/", profile);
  std::set<std::string> asked = {snapshot.version};
  ObjectId at = snapshot.commit;
  AuditFilter filter;
  filter.profile = profile;
  visit_events(store, filter, [&](const AuditEvent& event) {
    if (!has_made(event, tags, at)) return true;
    for (const AuditProfile& side : event.profiles) {
      if (side.profile != profile || !side.before || *side.before == at) continue;
      at = *side.before;
      if (asked.insert(side.version_before).second) {
        base = find_release(store, profile, side.version_before);
      }
      break;
    }
    return !base;
  });
  return base;
}

}  // namespace stravinsky::hooks
