#include <algorithm>

#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "transaction/record_event.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
Attempt begin_attempt(const Store& store, std::string event_type, std::string subject) {
  Store::Parts& parts = store.parts();
  return {std::move(event_type), std::move(subject), parts.now(), parts.published,
          parts.published->size()};
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
  if (is_critical(failed)) event.extra["level"] = "critical";
  record_event(parts, std::move(event), attempt.started);
}

}  // namespace stravinsky
