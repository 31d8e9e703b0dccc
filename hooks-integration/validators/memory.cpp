#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kLargest = 4u << 20;  ///< Claude Code imports nothing from a larger one

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The path of an import that begins at the `@`; empty: it is a name, an address or a decorator.
std::string_view path_at(std::string_view line, std::size_t at) {
  if (at > 0 && !is_blank(line[at - 1])) return {};
  std::size_t end = at + 1;
  while (end < line.size() && !is_blank(line[end])) ++end;
  std::string_view path = line.substr(at + 1, end - at - 1);
  while (!path.empty() &&
         std::string_view(".,;:!?)'\"").find(path.back()) != std::string_view::npos) {
    path.remove_suffix(1);
  }
  const bool has_place = path.find('/') != std::string_view::npos;
  const bool has_ending = path.find('.') != std::string_view::npos;
  const bool is_package = !path.empty() && path.front() != '/' && path.front() != '.' &&
                          path.front() != '~' && !has_ending;  // such as @scope/name
  return (has_place || has_ending) && !is_package ? path : std::string_view();
}

std::string absolute(std::string_view path, const ValidatedFile& file, const TreeContext& context) {
  if (path.front() == '/') return std::string(path);
  if (path.starts_with("~/")) {
    return context.home.empty() ? std::string() : context.home + std::string(path.substr(1));
  }
  if (context.top.empty()) return {};
  const std::filesystem::path directory =
      std::filesystem::path(context.top + "/" + file.path).parent_path();
  return (directory / path).lexically_normal().string();
}

/// The imports of one line, but for those in code.
void check_line(std::string_view line, std::uint32_t number, const ValidatedFile& file,
                const TreeContext& context, Findings& findings) {
  bool in_code = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '`') in_code = !in_code;
    if (in_code || line[i] != '@') continue;
    const std::string_view path = path_at(line, i);
    if (path.empty()) continue;
    const std::string target = absolute(path, file, context);
    if (target.empty() || context.find_script(target) != TreeContext::Script::Missing) continue;
    findings.warning({number, static_cast<std::uint32_t>(i + 1)},
                     fmt::format("the import {} does not exist",
                                 quoted("@" + std::string(path.substr(0, 200)))));
  }
}

}  // namespace

void check_memory(const ValidatedFile& file, const TreeContext& context, Findings& findings) {
  if (!context.find_script || file.content.size() > kLargest) return;
  std::string_view rest = file.content;
  bool in_fence = false;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find_first_not_of(" \t");
    const bool is_fence =
        first != std::string_view::npos &&
        (line.substr(first).starts_with("```") || line.substr(first).starts_with("~~~"));
    if (is_fence) in_fence = !in_fence;
    if (!in_fence && !is_fence) check_line(line, number, file, context, findings);
  }
}

}  // namespace stravinsky::hooks
