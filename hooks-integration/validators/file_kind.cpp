#include "validators/file_kind.hpp"

#include <algorithm>
#include <utility>

#include "stravinsky/text.hpp"
#include "validators/plist.hpp"

namespace stravinsky::hooks {
namespace {

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view extension(std::string_view path) {
  const std::string_view name = base_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

std::string_view first_line(std::string_view content) {
  return content.substr(0, content.find('\n'));
}

/// What the first line of a script asks for.
FileKind kind_of_script(std::string_view content) {
  const std::string_view line = first_line(content);
  const auto names = [line](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [line](std::string_view word) {
      std::size_t at = line.find(word);
      while (at != std::string_view::npos) {
        const char before = line[at - 1];  // there is at least `#!`
        const std::string_view after = line.substr(at + word.size());
        const bool ends =
            after.empty() ||
            std::string_view(" \t\r.0123456789").find(after.front()) != std::string_view::npos;
        if ((before == '/' || before == ' ' || before == '\t') && ends) return true;
        at = line.find(word, at + 1);
      }
      return false;
    });
  };
  if (names({"sh", "bash", "dash"})) return FileKind::Shell;
  if (names({"python"})) return FileKind::Python;
  if (names({"node", "nodejs"})) return FileKind::JavaScript;
  return FileKind::OtherScript;
}

/// Files that programs read as JSON with comments: strict rules would only find those.
bool is_lenient_json(std::string_view path) {
  const std::string_view name = base_name(path);
  return name.starts_with("tsconfig") || name.starts_with("jsconfig") ||
         name == "devcontainer.json" || path.find(".vscode/") != std::string_view::npos;
}

FileKind kind_by_content(std::string_view path, std::string_view content) {
  if (is_binary_plist(content)) return FileKind::PropertyList;
  const std::string_view ending = extension(path);
  const auto is = [ending](std::initializer_list<std::string_view> endings) {
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
  };
  if (is({"plist"})) return FileKind::PropertyList;
  if (is({"json"}) && !is_lenient_json(path)) return FileKind::Json;
  if (is({"yaml", "yml"})) return FileKind::Yaml;
  if (is({"toml"})) return FileKind::Toml;
  if (is({"xml"})) return FileKind::Xml;
  if (is({"py"})) return FileKind::Python;
  if (is({"js", "mjs", "cjs"})) return FileKind::JavaScript;
  if (content.starts_with("#!")) return kind_of_script(content);
  if (is({"sh", "bash"})) return FileKind::Shell;
  // The last character may be cut; a NUL is in no text.
  std::string_view head = content.substr(0, 512);
  if (head.find('\0') != std::string_view::npos) return FileKind::Bytes;
  for (int i = 0; i < 4 && !is_utf8(head); ++i) {
    if (head.size() < 512 && head.size() == content.size()) return FileKind::Bytes;
    head.remove_suffix(1);
  }
  return is_utf8(head) ? FileKind::Text : FileKind::Bytes;
}

/// The kinds that only a place gives; Bytes: the place means nothing.
FileKind kind_by_place(std::string_view path) {
  const std::string_view inner = claude_path(path);
  if (path == ".mcp.json") return FileKind::McpServers;
  if (inner == "settings.json" || inner == "settings.local.json" || inner == "hooks/hooks.json") {
    return FileKind::Settings;
  }
  if (extension(inner) != "md") return FileKind::Bytes;
  const std::string_view name = base_name(path);
  if (name == "CLAUDE.md" || name == "CLAUDE.local.md") return FileKind::Memory;
  static constexpr std::pair<std::string_view, FileKind> kPlaces[] = {
      {"commands/", FileKind::Command},
      {"agents/", FileKind::Agent},
      {"rules/", FileKind::Rule},
      {"output-styles/", FileKind::OutputStyle},
      {"hooks/", FileKind::HookDocument}};
  for (const auto& [place, kind] : kPlaces) {
    if (inner.starts_with(place)) return kind;
  }
  const bool in_skill = inner.starts_with("skills/") &&
                        std::count(inner.begin(), inner.end(), '/') == 2 &&
                        base_name(inner) == "SKILL.md";
  return in_skill ? FileKind::Skill : FileKind::Bytes;
}

struct KindRow {
  FileKind kind;
  std::string_view name, validator, check;
};

constexpr std::string_view kHooks = "hooks_syntax", kCommands = "commands_validity",
                           kSettings = "settings_schema";

constexpr KindRow kRows[] = {
    {FileKind::Settings, "settings", "claude", kSettings},
    {FileKind::McpServers, "mcp-servers", "claude", kSettings},
    {FileKind::Command, "command", "claude", kCommands},
    {FileKind::Skill, "skill", "claude", kCommands},
    {FileKind::Agent, "agent", "claude", kCommands},
    {FileKind::Rule, "rule", "claude", kCommands},
    {FileKind::Memory, "memory", "claude", kCommands},
    {FileKind::OutputStyle, "output-style", "claude", kCommands},
    {FileKind::HookDocument, "hook-document", "claude", kHooks},
    {FileKind::Shell, "shell", "shell", kHooks},
    {FileKind::Python, "python", "python", kHooks},
    {FileKind::JavaScript, "javascript", "javascript", kHooks},
    {FileKind::OtherScript, "script", "", kHooks},
    {FileKind::Json, "json", "json", kSettings},
    {FileKind::Yaml, "yaml", "yaml", kSettings},
    {FileKind::Toml, "toml", "toml", kSettings},
    {FileKind::Xml, "xml", "xml", kSettings},
    {FileKind::PropertyList, "property-list", "plist", kSettings},
    {FileKind::Text, "text", "", kSettings},
    {FileKind::Bytes, "bytes", "", kSettings},
};

const KindRow& row_of(FileKind kind) {
  return *std::find_if(std::begin(kRows), std::end(kRows),
                       [kind](const KindRow& row) { return row.kind == kind; });
}

}  // namespace

std::string_view name_of(FileKind kind) noexcept { return row_of(kind).name; }
std::string_view check_of(FileKind kind) noexcept { return row_of(kind).check; }
std::string_view validator_of(FileKind kind) noexcept { return row_of(kind).validator; }

const std::vector<std::string>& validator_names() {
  static const std::vector<std::string> names = {"claude", "javascript", "json", "plist", "python",
                                                 "shell",  "toml",       "xml",  "yaml"};
  return names;
}

const std::vector<std::string>& default_validators() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = validator_names();
    std::erase(all, "claude");
    return all;
  }();
  return names;
}

std::string_view claude_path(std::string_view path) noexcept {
  constexpr std::string_view kProject = ".claude/";
  if (path.starts_with(kProject)) path.remove_prefix(kProject.size());
  return path;
}

FileKind kind_of(std::string_view path, std::string_view content, bool claude) {
  if (claude) {
    const FileKind kind = kind_by_place(path);
    if (kind != FileKind::Bytes) return kind;
  }
  return kind_by_content(path, content);
}

}  // namespace stravinsky::hooks
