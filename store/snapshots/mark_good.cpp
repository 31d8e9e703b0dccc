#include <fmt/format.h>

#include "refs/snapshot_name.hpp"
#include "stravinsky/annotation.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/update.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

void mark_good(Store& store, const std::vector<Snapshot>& snapshots) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const Timestamp started = parts.now();
  std::vector<std::string> profiles;
  for (const Snapshot& snapshot : snapshots) profiles.push_back(snapshot.profile);
  const std::vector<fs::Lock> locks = lock_profiles(parts, std::move(profiles));
  Publishing publishing(parts);
  Publication& publication = publishing.publication;
  Event event;
  event.event_type = "MARK_GOOD";
  event.extra["snapshot"] = snapshots.front().commit.hex();
  std::vector<RefMove> moves;
  nlohmann::json commits = nlohmann::json::array();
  for (const Snapshot& snapshot : snapshots) {
    if (publication.find(RefName::parse(snapshot.ref)) != std::optional(snapshot.commit)) {
      throw Error(Errc::Conflict, fmt::format("cannot mark {} as good", snapshot.name),
                  "it was renamed or forgotten meanwhile", "run the command again");
    }
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", snapshot.profile, snapshot.name);
    const auto current = publication.find(current_ref(snapshot.profile));
    event.profiles.push_back(
        {snapshot.profile, snapshot.version, snapshot.version, current, current});
    moves.push_back(publication.move_to(good_ref(snapshot.profile), snapshot.commit));
    commits.push_back(snapshot.commit.hex());
  }
  if (commits.size() > 1) event.extra["snapshots"] = std::move(commits);
  publication.publish(std::move(event), std::move(moves), started);
}

void mark_good(Store& store, const Snapshot& snapshot) { mark_good(store, std::vector{snapshot}); }

}  // namespace stravinsky
