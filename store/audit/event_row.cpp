#include "audit/event_row.hpp"

#include "core/hash.hpp"

namespace stravinsky {

EventRow event_row(const ChainLink& link) {
  const Event& event = link.event;
  const ProfileChange first = event.profiles.empty() ? ProfileChange() : event.profiles.front();
  const auto error = event.extra.find("error");
  std::string json = encode_event(event);
  json.pop_back();
  return {event.event_id,
          rfc3339(event.time),
          event.event_type,
          event.subject,
          event.status,
          first.profile,
          first.version_after,
          first.version_before,
          event.user,
          event.host,
          event.tool,
          error != event.extra.end() && error->is_string() ? error->get<std::string>() : "",
          link.id.hex(),
          std::move(json)};
}

std::string event_line(const ChainLink& link) {
  nlohmann::json json = nlohmann::json::parse(encode_event(link.event));
  json["commit"] = link.id.hex();
  json["subject"] = link.event.subject;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Sha256 extend_digest(const Sha256& before, std::string_view text) {
  std::string bytes(before.raw());
  return sha256(bytes += text);
}

}  // namespace stravinsky
