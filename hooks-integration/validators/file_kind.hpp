#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stravinsky::hooks {

/// What a file is to the program that reads it. Decided in `kind_of` and nowhere else.
enum class FileKind : std::uint8_t {
  Settings,      ///< settings.json, settings.local.json; hooks/hooks.json has the same entries
  McpServers,    ///< .mcp.json
  Command,       ///< commands/**/*.md
  Skill,         ///< skills/<name>/SKILL.md
  Agent,         ///< agents/**/*.md
  Rule,          ///< rules/**/*.md
  Memory,        ///< CLAUDE.md, CLAUDE.local.md
  OutputStyle,   ///< output-styles/*.md
  HookDocument,  ///< hooks/**/*.md
  Shell,
  Python,
  JavaScript,
  OtherScript,  ///< of an interpreter that we do not ask
  Json,
  Yaml,
  Toml,
  Xml,
  PropertyList,
  Text,   ///< UTF-8 without a form of its own
  Bytes,  ///< anything else
};
std::string_view name_of(FileKind kind) noexcept;  ///< such as `settings`, `agent`, `shell`

/// Which of the eight checks reports what is wrong with files of a kind.
/// @returns `hooks_syntax`, `commands_validity` or `settings_schema`
std::string_view check_of(FileKind kind) noexcept;

/// Names of validators, as the `validators` of a profile has them; each covers some kinds.
const std::vector<std::string>& validator_names();
/// Those that apply where a profile says nothing.
const std::vector<std::string>& default_validators();
/// The validator of a kind; empty: no validator reads such files.
std::string_view validator_of(FileKind kind) noexcept;

/// @param path     from the top of the profile's tree
/// @param content  the first bytes are enough: 512 or all
/// @param claude   the profile asked for the `claude` validator: places such as commands/ mean
///                 something
FileKind kind_of(std::string_view path, std::string_view content, bool claude);

/// The path inside a Claude Code tree: `.claude/` of a project is taken off.
std::string_view claude_path(std::string_view path) noexcept;

}  // namespace stravinsky::hooks
