#include "restore/recovery_attempt.hpp"

#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

constexpr const char* kRecoveryAttempt = "RECOVERY_ATTEMPT";
/// How many events back one is looked for that says the same. Every writing command tries again.
constexpr int kLookBack = 16;

bool is_told(Store::Parts& parts, const std::string& what, const std::string& reason) {
  std::optional<ObjectId> at = parts.audit_head();
  for (int left = kLookBack; at && left > 0; --left) {
    const ChainLink link = read_link(*parts.database, *at);
    at = link.parent;
    const nlohmann::json& extra = link.event.extra;
    if (link.event.event_type == kRecoveryAttempt && extra.value("interrupted", "") == what &&
        extra.value("error", "") == reason) {
      return true;
    }
  }
  return false;
}

}  // namespace

void record_recovery_attempt(Store& store, const std::string& what, const Error& error) noexcept {
  try {
    Store::Parts& parts = store.parts();
    if (is_told(parts, what, error.what())) return;
    Event event;
    event.event_type = kRecoveryAttempt;
    event.subject = what;
    event.status = "failed";
    event.extra = {{"interrupted", what}, {"error", error.what()}};
    record_event(parts, std::move(event), parts.now());
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace stravinsky
