#include "stravinsky/origin.hpp"

#include <algorithm>
#include <set>

#include "audit/chain.hpp"
#include "refs/snapshot_name.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

/// Whether an event puts a new link on the story of a profile: a rename and refs that are brought
/// back move tags too, but make no snapshot.
bool goes_on_with(const Event& event, const std::string& profile) {
  const RefName story = story_ref(profile);
  return event.event_type != "RESTORE_REFS" &&
         std::any_of(event.moves.begin(), event.moves.end(), [&](const RefMove& move) {
           return move.name == story && move.target.has_value();
         });
}

std::optional<ObjectId> head_of(Store::Parts& parts) {
  const RefName ref = RefName::parse(kAuditRef);
  return parts.is_clone ? parts.find_ref(ref) : parts.ref_store->find(ref);
}

}  // namespace

std::map<ObjectId, SnapshotOrigin> find_origins(const Store& store,
                                                std::span<const Snapshot> snapshots) {
  Store::Parts& parts = store.parts();
  std::map<ObjectId, SnapshotOrigin> origins;
  std::map<ObjectId, std::string> wanted;  // commits with their profiles
  for (const Snapshot& snapshot : snapshots) wanted.emplace(snapshot.commit, snapshot.profile);
  // Newest first, as what is asked for mostly is; every snapshot has one such event.
  for (std::optional<ObjectId> at = head_of(parts); at && !wanted.empty();) {
    const ChainLink link = read_link(*parts.database, *at);
    at = link.parent;
    for (const RefMove& move : link.event.moves) {
      if (!move.target || move.expected || !move.name.str().starts_with("refs/tags/")) continue;
      const auto found = wanted.find(*move.target);
      if (found == wanted.end() || !goes_on_with(link.event, found->second)) continue;
      origins[found->first] = {link.event.event_type, link.event.sequence};
      wanted.erase(found);
    }
  }
  return origins;
}

}  // namespace stravinsky
