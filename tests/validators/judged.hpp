#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "validators/validate.hpp"

namespace stravinsky::test {

using Lines = std::vector<std::string>;

/// Such as `error 3:5: the key 'a' stands twice, first in line 2`.
inline std::string line_of(const hooks::Finding& finding) {
  return fmt::format("{} {}:{}: {}", name_of(finding.severity), finding.line, finding.column,
                     finding.reason);
}

inline Lines lines_of(const std::vector<hooks::Finding>& findings) {
  Lines lines;
  for (const hooks::Finding& finding : findings) lines.push_back(line_of(finding));
  return lines;
}

/// A tree whose scripts are the ones given: absolute path, whether it is executable.
inline hooks::TreeContext tree_with(const std::map<std::string, bool>& scripts) {
  hooks::TreeContext context;
  context.top = "/home/u/.claude";
  context.home = "/home/u";
  context.project = "/srv/p";
  context.find_script =
      [scripts](const std::string& path) -> std::optional<hooks::TreeContext::Script> {
    using State = hooks::TreeContext::Script;
    const auto found = scripts.find(path);
    if (found == scripts.end()) return State::Missing;
    return found->second ? State::Executable : State::NotExecutable;
  };
  return context;
}

/// What is found in a file of a Claude Code tree, of the kind that its path and content give it.
inline Lines judged(const std::string& path, std::string_view content,
                    const hooks::TreeContext& context = {},
                    std::optional<std::string_view> previous = {}) {
  hooks::ValidatedFile file{.path = path,
                            .kind = hooks::kind_of(path, content, /*claude=*/true),
                            .content = content,
                            .previous = previous};
  return lines_of(hooks::validate_file(file, context));
}

}  // namespace stravinsky::test

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static doctest::String convert(const std::vector<std::string>& lines) {
    std::string text = "[";
    for (const std::string& line : lines) text += "\n  " + line;
    return (text + "]").c_str();
  }
};
