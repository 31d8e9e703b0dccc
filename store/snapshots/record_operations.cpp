// Events of operations that others carry out: they move no refs.
#include "core/text.hpp"
#include "stravinsky/recovery.hpp"
#include "stravinsky/run_event.hpp"
#include "transaction/record_event.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stravinsky {

void record_emergency(Store& store, const std::vector<std::string>& profiles) {
  Event event;
  event.event_type = kEmergencyEvent;
  event.subject = fmt::format("{}", fmt::join(profiles, " "));
  event.extra["level"] = "critical";
  record_event(store.parts(), std::move(event), store.parts().now());
}

void record_run(Store& store, const RunFacts& facts) {
  Event event;
  event.event_type = kRunEvent;
  event.extra = {{"command", facts.command},
                 {"exit_status", facts.exit_status},
                 {"rolled_back", facts.is_rolled_back}};
  if (!facts.failures.empty()) event.extra["failed_checks"] = facts.failures;
  if (facts.exit_status != 0 || !facts.failures.empty()) {
    event.status = "failed";
    event.extra["error"] = facts.exit_status != 0
                               ? fmt::format("the command ended with status {}", facts.exit_status)
                               : facts.failures.front();
  }
  for (const RunFacts::Side& side : facts.sides) {
    if (!event.subject.empty()) event.subject += " ";
    event.subject += side.profile;
    ProfileChange change;
    change.profile = side.profile;
    if (side.before) {
      event.subject += "/" + side.before->name;
      change.version_before = side.before->version;
      change.before = side.before->commit;
    }
    if (side.after) {
      change.version_after = side.after->version;
      change.after = side.after->commit;
    }
    event.profiles.push_back(std::move(change));
  }
  record_event(store.parts(), std::move(event), facts.started);
}

}  // namespace stravinsky
