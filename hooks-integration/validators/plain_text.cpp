#include <fmt/format.h>

#include <algorithm>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

template <typename Visit>
void each_line(std::string_view text, Visit&& visit) {
  std::uint32_t number = 1;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end), number++);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool is_marker(std::string_view line, char c) {
  return line.size() >= 7 && line.find_first_not_of(c) >= 7 &&
         line.substr(0, 7) == std::string(7, c) &&
         (line.size() == 7 || line[7] == ' ' || line[7] == '\r');
}

/// The interpreter's options, past the first word after its path.
std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r';
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
  }
  return words;
}

void check_first_line(const ValidatedFile& file, std::string_view line, Findings& findings) {
  if (!line.starts_with("#!")) {
    if (file.is_executable) {
      findings.warning({1, 1}, "it is executable and has no '#!' line: a shell would run it");
    }
    return;
  }
  if (line.ends_with('\r')) {
    findings.error({1, static_cast<std::uint32_t>(line.size())},
                   "the '#!' line ends in a carriage return: the interpreter is not found");
  }
  const std::string_view words = line.substr(2);
  const std::size_t start = words.find_first_not_of(" \t");
  if (start == std::string_view::npos || words[start] != '/') {
    findings.error({1, 3}, "the '#!' line names no absolute path of an interpreter");
    return;
  }
  const bool is_env = words.substr(start).starts_with("/usr/bin/env ");
  if (is_env && count_words(words) > 2 && words.find(" -S") == std::string_view::npos &&
      words.find(" --split-string") == std::string_view::npos) {
    findings.warning({1, 3}, "env gets everything after its path as one word here: write 'env -S'");
  }
}

/// The name of the program that a `#!` line asks for; empty: it names none.
std::string_view interpreter_in(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  line.remove_prefix(std::min<std::size_t>(line.size(), 2));
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    std::string_view word = line.substr(0, line.find_first_of(kBlank));
    if (word.empty()) return {};
    line.remove_prefix(word.size());
    word.remove_prefix(word.rfind('/') + 1);  // none: npos + 1 is 0
    const bool is_name = word != "env" && !word.starts_with('-') && word.find('=') == word.npos;
    if (is_name) return word;
  }
}

}  // namespace

void check_unread_script(const ValidatedFile& file, Findings& findings) {
  check_script_text(file, findings);
  const std::string_view first = file.content.substr(0, file.content.find('\n'));
  const std::string_view name = interpreter_in(first.substr(0, 200));
  findings.not_checked(name.empty() ? std::string("its interpreter is not known")
                                    : fmt::format("nothing here reads {}", quoted(name)));
}

void check_script_text(const ValidatedFile& file, Findings& findings) {
  const std::size_t nul = file.content.find('\0');
  if (nul != std::string_view::npos) findings.error({0, 0}, "the script holds a NUL byte");
  check_first_line(file, file.content.substr(0, file.content.find('\n')), findings);
}

void check_conflict_markers(const ValidatedFile& file, Findings& findings) {
  // A line of equal signs alone is a heading in Markdown: only all three in order count.
  JsonPosition ours;
  bool between = false;
  // Instructions may show what a conflict looks like.
  const bool is_prose = file.path.ends_with(".md");
  each_line(file.content, [&](std::string_view line, std::uint32_t number) {
    if (is_marker(line, '<')) {
      ours = {number, 1};
      between = false;
    } else if (is_marker(line, '=')) {
      between = ours.line > 0 && ours.column == 1 && line.size() <= 8;
    } else if (is_marker(line, '>') && between) {
      findings.add(is_prose ? Severity::Warning : Severity::Error, ours,
                   fmt::format("a merge was not finished: conflict markers up to line {}", number));
      between = false;
      ours = {0, 0};
    }
  });
}

}  // namespace stravinsky::hooks
