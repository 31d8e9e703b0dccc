#include "scan/ignore_rules.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSpecial = "*?[\\";

/// Spaces at the end do not count unless a backslash stands before them.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      if (++i == line.size()) return line;
    } else if (line[i] == ' ') {
      continue;
    }
    end = i + 1;
  }
  return line.substr(0, end);
}

}  // namespace

void IgnoreRules::add_file(std::string_view content) {
  if (content.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    content.remove_prefix(kByteOrderMark.size());
  }
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == content.npos ? content.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    add_line(line);
  }
}

void IgnoreRules::add_line(std::string_view line) {
  line = line.substr(0, line.find('\0'));
  if (line.empty() || line.front() == '#') return;
  line = without_trailing_spaces(line);
  Rule rule;
  if (!line.empty() && line.front() == '!') {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (!line.empty() && line.back() == '/') {
    rule.directory_only = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return;
  rule.by_name = line.find('/') == line.npos;
  const std::size_t special = line.find_first_of(kSpecial);
  rule.has_glob = special != line.npos;
  if (rule.by_name) {
    rule.ends_with = line.front() == '*' && line.find_first_of(kSpecial, 1) == line.npos;
    rule.literal = rule.ends_with ? line.substr(1) : line;
    if (rule.has_glob && !rule.ends_with) rule.glob = std::make_unique<Wildmatch>(line);
  } else {
    // The glob begins behind the literal part, as git has it: `x**/y` means `x`, then `**/y`.
    std::string_view literal = line.substr(0, special);
    if (rule.has_glob) rule.glob = std::make_unique<Wildmatch>(line.substr(special));
    if (!literal.empty() && literal.front() == '/') literal.remove_prefix(1);
    rule.literal = literal;
  }
  rules_.push_back(std::move(rule));
}

bool IgnoreRules::matches(const Rule& rule, std::string_view path, std::string_view name) {
  if (rule.by_name) {
    if (rule.ends_with) return name.ends_with(rule.literal);
    return rule.has_glob ? rule.glob->matches(name) : name == rule.literal;
  }
  if (!path.starts_with(rule.literal)) return false;
  path.remove_prefix(rule.literal.size());
  return rule.has_glob ? rule.glob->matches(path) : path.empty();
}

IgnoreRules::Verdict IgnoreRules::judge(std::string_view path, std::string_view name,
                                        bool is_directory) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->directory_only && !is_directory) continue;
    if (matches(*rule, path, name)) return rule->negated ? Verdict::Kept : Verdict::Ignored;
  }
  return Verdict::None;
}

}  // namespace stravinsky
