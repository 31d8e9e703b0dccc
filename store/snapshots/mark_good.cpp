#include <fmt/format.h>

#include "refs/snapshot_name.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/update.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

void mark_good(Store& store, const Snapshot& snapshot) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const Timestamp started = parts.now();
  const std::vector<fs::Lock> locks = lock_profiles(parts, {snapshot.profile});
  const fs::Lock objects(parts.own("lock.objects"), fs::Lock::Mode::Shared,
                         parts.options.lock_wait);
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  Publication publication(parts, writer);
  if (publication.find(RefName::parse(snapshot.ref)) != std::optional(snapshot.commit)) {
    throw Error(Errc::Conflict, fmt::format("cannot mark {} as good", snapshot.name),
                "it was renamed or forgotten meanwhile", "run the command again");
  }
  Event event;
  event.event_type = "MARK_GOOD";
  event.subject = fmt::format("{}/{}", snapshot.profile, snapshot.name);
  const auto current = publication.find(current_ref(snapshot.profile));
  event.profiles.push_back(
      {snapshot.profile, snapshot.version, snapshot.version, current, current});
  event.extra["snapshot"] = snapshot.commit.hex();
  std::vector<RefMove> moves = {publication.move_to(good_ref(snapshot.profile), snapshot.commit)};
  publication.publish(std::move(event), std::move(moves), started);
}

}  // namespace stravinsky
