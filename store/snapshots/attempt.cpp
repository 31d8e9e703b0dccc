#include <algorithm>

#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"
#include "transaction/record_event.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

/// As it was before, and is.
ProfileChange unchanged(const Store& store, const std::string& profile) {
  ProfileChange change;
  change.profile = profile;
  if (const auto current = find_current(store, profile)) {
    change.version_before = change.version_after = current->version;
    change.before = change.after = current->commit;
  }
  return change;
}

}  // namespace

Attempt begin_attempt(const Store& store, std::string event_type, std::string subject,
                      std::vector<std::string> profiles) {
  Store::Parts& parts = store.parts();
  return {std::move(event_type), std::move(subject), std::move(profiles),
          parts.now(),           parts.published,    parts.published->size()};
}

void record_failure(Store& store, const Attempt& attempt, const std::string& reason) {
  Store::Parts& parts = store.parts();
  const std::string failed = failure_of(attempt.event_type);
  const auto& published = *attempt.published;
  const auto begin = published.begin() + static_cast<std::ptrdiff_t>(attempt.before);
  if (std::any_of(begin, published.end(), [&](const std::string& type) {
        return type == attempt.event_type || type == failed;
      })) {
    return;
  }
  Event event;
  event.event_type = failed;
  event.subject = attempt.subject;
  event.status = "failed";
  event.extra["error"] = reason;
  for (const std::string& profile : attempt.profiles) {
    event.profiles.push_back(unchanged(store, profile));
  }
  if (is_critical(failed)) event.extra["level"] = "critical";
  record_event(parts, std::move(event), attempt.started);
}

}  // namespace stravinsky
