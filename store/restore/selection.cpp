#include "restore/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

std::string cleaned(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (name.empty() || name == "." || name == "..") {
      throw Error(Errc::Invalid, fmt::format("cannot restore {}", quoted(path)),
                  "a path inside a snapshot has no empty, '.' or '..' parts",
                  "see the paths with `stravinsky ls REF`");
    }
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
  return std::string(path);
}

std::optional<IgnoreRules> rules_of(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return std::nullopt;
  std::optional<IgnoreRules> rules(std::in_place);
  for (const std::string& pattern : patterns) rules->add_line(pattern);
  return rules;
}

}  // namespace

Selection::Selection(const std::vector<std::string>& paths, const std::vector<std::string>& include,
                     const std::vector<std::string>& exclude)
    : include_(rules_of(include)), exclude_(rules_of(exclude)) {
  for (const std::string& path : paths) {
    paths_.push_back(cleaned(path));
    if (!paths_.back().empty()) continue;
    paths_.clear();  // the top itself
    return;
  }
  std::sort(paths_.begin(), paths_.end());
  paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
}

Selected Selection::top() const noexcept {
  return {.by_path = paths_.empty(), .by_include = !include_};
}

bool Selection::needs_path(const Selected& above) const noexcept {
  return !above.whole() || exclude_ || include_;
}

std::optional<Selected> Selection::choose(const Selected& above, const std::string& path,
                                          const std::string& name, bool is_directory) const {
  if (!needs_path(above)) return above;
  const std::string child = path.empty() ? name : path + "/" + name;
  Selected selected = above;
  if (!selected.by_path) {
    selected.by_path = std::binary_search(paths_.begin(), paths_.end(), child);
    if (!selected.by_path) {
      // A directory may still lead to something asked for.
      const std::string below = child + "/";
      const auto next = std::lower_bound(paths_.begin(), paths_.end(), below);
      if (!is_directory || next == paths_.end() || !next->starts_with(below)) return std::nullopt;
    }
  }
  if (exclude_ && exclude_->judge(child, name, is_directory) == IgnoreRules::Verdict::Ignored) {
    return std::nullopt;
  }
  if (include_) {
    const IgnoreRules::Verdict verdict = include_->judge(child, name, is_directory);
    if (verdict == IgnoreRules::Verdict::Ignored) selected.by_include = true;
    // `!pattern` takes back what the patterns before it included.
    if (verdict == IgnoreRules::Verdict::Kept) selected.by_include = false;
    if (!selected.by_include && !is_directory) return std::nullopt;
  }
  return selected;
}

}  // namespace stravinsky
