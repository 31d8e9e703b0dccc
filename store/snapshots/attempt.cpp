#include "snapshots/audit_head.hpp"
#include "stravinsky/audit.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

nlohmann::json value_of(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
}

}  // namespace

Attempt begin_attempt(const Store& store, std::string event_type, std::string subject) {
  Store::Parts& parts = store.parts();
  return {std::move(event_type), std::move(subject), parts.head().event.sequence, parts.now()};
}

void record_failure(Store& store, const Attempt& attempt, const std::string& reason) {
  Store::Parts& parts = store.parts();
  for (const ChainLink& link :
       read_links_after(*parts.database, parts.head().id, attempt.sequence)) {
    const Event& event = link.event;
    if (event.event_type == attempt.event_type && event.status == "failed") return;
  }
  Event event;
  event.event_type = attempt.event_type;
  event.subject = attempt.subject;
  event.status = "failed";
  event.extra["error"] = reason;
  record_event(parts, std::move(event), attempt.started);
}

void record_setting(Store& store, const std::string& key, const std::string& before,
                    const std::string& after) {
  Store::Parts& parts = store.parts();
  Event event;
  event.event_type = "CONFIG";
  event.subject = key;
  event.extra = {
      {"key", key}, {"setting_before", value_of(before)}, {"setting_after", value_of(after)}};
  record_event(parts, std::move(event), parts.now());
}

}  // namespace stravinsky
