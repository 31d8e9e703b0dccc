#include <fmt/format.h>

#include <map>

#include "checks/check_parts.hpp"
#include "stravinsky/text.hpp"
#include "validators/file_kind.hpp"
#include "validators/front_matter.hpp"

namespace stravinsky::hooks {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What a file is called by: `/name` of commands and skills, the name of an agent; empty: nothing.
std::string name_of(const CheckedTree& tree, const CheckedFile& file, FileKind kind) {
  const std::string_view inner = claude_path(file.path);
  if (kind == FileKind::Command) {
    // commands/a/b.md and commands/b.md are told apart by their folder.
    constexpr std::string_view kFolder = "commands/", kEnding = ".md";
    return fmt::format(
        "the command '/{}'",
        inner.substr(kFolder.size(), inner.size() - kFolder.size() - kEnding.size()));
  }
  if (kind == FileKind::Skill) {
    return fmt::format("the command '/{}'", base_name(inner.substr(0, inner.rfind('/'))));
  }
  if (kind != FileKind::Agent) return {};
  Findings ignored(file.path);
  const std::string text = tree.read(file.path, kJsonSize);
  const FrontMatter matter = read_front_matter(text, Severity::Warning, ignored);
  const JsonValue* name = matter.fields ? matter.fields->find("name") : nullptr;
  const auto* word = name == nullptr ? nullptr : name->as<std::string>();
  return word == nullptr ? std::string() : fmt::format("the agent {}", quoted(*word));
}

}  // namespace

void find_name_clashes(const CheckedTree& tree, std::vector<ReportedFinding>& findings) {
  std::map<std::string, std::string> first;  // name: path
  for (const CheckedFile& file : tree.files()) {
    if (file.type != EntryType::File) continue;
    const FileKind kind = kind_of(file.path, {}, /*claude=*/true);
    const std::string name = name_of(tree, file, kind);
    if (name.empty()) continue;
    const auto [known, is_new] = first.emplace(name, file.path);
    if (is_new) continue;
    findings.push_back(
        {tree.profile().name,
         tree.live_path(file.path),
         {std::string(check_of(kind)), file.path, 0, 0,
          fmt::format("{} is {} too: one of them is never used", name, quoted(known->second)),
          Severity::Warning}});
  }
}

}  // namespace stravinsky::hooks
