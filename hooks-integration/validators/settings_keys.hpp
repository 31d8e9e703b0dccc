#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stravinsky::hooks {

/// The constraints of settings as a JSON schema (draft 7): types, ranges and words of 142 keys, as
/// the schema that is published at json.schemastore.org/claude-code-settings.json has them
/// (August 2026), except for what `check_hook_entries` and the permission rules judge better.
nlohmann::json settings_schema();

/// Keys for which the schema does not lag behind the program: a wrong value is refused with its
/// file. What is wrong with the others only warns.
bool is_core_key(std::string_view key) noexcept;

/// The events that hooks may be registered for.
const std::vector<std::string>& hook_events();
/// Whether an event's `matcher` has an effect.
bool has_matcher(std::string_view event) noexcept;
/// Whether an event is about a tool: the `if` of a handler works for these only.
bool is_tool_event(std::string_view event) noexcept;

}  // namespace stravinsky::hooks
