#pragma once

#include "stravinsky/json_text.hpp"
#include "validators/finding.hpp"
#include "validators/validate.hpp"

namespace stravinsky::hooks {

// One for each kind of file, or for what several have in common. Each adds what it finds.

void check_settings(const ValidatedFile& file, const TreeContext& context, Findings& findings);
void check_mcp_servers(const ValidatedFile& file, Findings& findings);
/// Commands, skills, agents, rules, output styles and documents of hooks: their front matter.
void check_markdown(const ValidatedFile& file, Findings& findings);
/// What Claude Code reads at its start: the files that its `@path` words import.
void check_memory(const ValidatedFile& file, const TreeContext& context, Findings& findings);
void check_property_list(const ValidatedFile& file, Findings& findings);
/// What no interpreter says of a script: its first line, its bytes.
void check_script_text(const ValidatedFile& file, Findings& findings);
/// The same of a script that no interpreter will be asked about, which is said.
void check_unread_script(const ValidatedFile& file, Findings& findings);
/// Leftovers of a merge that nobody finished.
void check_conflict_markers(const ValidatedFile& file, Findings& findings);
/// Faults of a text that has a form and no meaning to us.
void check_reading(const JsonReading& reading, Findings& findings);

/// The object a JSON file holds; what is wrong with it goes to `findings`.
std::optional<JsonValue> read_json_object(std::string_view content, Findings& findings);

// Parts of the above.

/// The `hooks` of settings: events, matchers, handlers, and the scripts that they name.
void check_hook_entries(const JsonValue& hooks, const TreeContext& context, Findings& findings);
/// A rule of permissions, such as `Bash(git *)`; @returns what is wrong with it, empty: nothing
std::string judge_permission_rule(std::string_view rule, bool unknown_tool_matters);
/// Keys and hook entries that the previous content has and this one has not.
void check_lost_entries(const JsonValue& previous, const JsonValue& now, Findings& findings);
/// What the published schema of settings says. @returns whether there were no complaints
bool check_settings_schema(const JsonValue& settings, Findings& findings);
/// What launchd wants of a job, when the list is one.
void check_launch_agent(std::string_view path, const JsonValue& list, Findings& findings);
/// The script that a command of a hook or of the status line runs. @param directory where relative
/// paths begin
void check_command_script(const std::string& command, JsonPosition at, const TreeContext& context,
                          Findings& findings);

}  // namespace stravinsky::hooks
