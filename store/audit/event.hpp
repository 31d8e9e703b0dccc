#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refs/ref_store.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

/// Event types that say who may sign: docs/format.md 10, "Keys".
inline constexpr std::string_view kKeyChange = "KEY_CHANGE", kKeyRevoke = "KEY_REVOKE";
/// One that brings a key, which nothing trusts by that.
inline constexpr std::string_view kKeyImport = "KEY_IMPORT";

/// The type of an event that says the operation failed: the same, unless it claims success.
std::string failure_of(std::string_view event_type);
/// Whether an event of this type has the level `critical`: somebody has to act.
bool is_critical(std::string_view event_type) noexcept;

/// What an operation did to one profile.
struct ProfileChange {
  std::string profile, version_before, version_after;
  std::optional<ObjectId> before, after;  ///< the snapshots the live tree stood at
};

/// A ref that was not where the chain had put it.
struct ForeignRef {
  std::string ref;
  std::optional<ObjectId> found;
};

/// One operation, as docs/format.md 10 describes it.
struct Event {
  std::uint64_t sequence = 0;
  std::string event_id, event_type;
  std::string subject;  ///< stands in the commit's message only
  std::string status = "success";
  Timestamp time;
  double duration_seconds = 0;
  std::string user, host, tool;
  std::vector<RefMove> moves;  ///< sorted by ref; never the audit ref
  std::vector<ProfileChange> profiles;
  std::vector<ForeignRef> foreign;
  nlohmann::json extra = nlohmann::json::object();  ///< further members
};

/// A new event id: `evt_` and 16 hex digits.
std::string new_event_id();

/// `event.json`, with sorted keys and a final newline.
std::string encode_event(const Event& event);
/// @param id             the event commit's, for messages
/// @param is_only_form   receives whether `text` is the one spelling of its members: sorted, each
///                       once, without blanks; null: not asked
/// @throws Error Corrupt: a member is missing or ill-typed
Event parse_event(std::string_view text, const ObjectId& id, bool* is_only_form = nullptr);

}  // namespace stravinsky
