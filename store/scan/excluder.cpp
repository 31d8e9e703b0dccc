#include "scan/excluder.hpp"

#include <algorithm>

#include "core/hash.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kSignature = "Signature: 8a477f597d28d172789f06886806bc55";
static_assert(kSignature.size() == kCacheTagSize);

/// Joins texts so that no two lists of them join to the same.
void append(std::string& all, std::string_view text) {
  all += std::to_string(text.size());
  all += ':';
  all += text;
}

std::string_view trimmed(std::string_view glob) {
  if (glob.starts_with("./")) glob.remove_prefix(2);
  if (glob.starts_with('/')) glob.remove_prefix(1);
  if (glob.ends_with('/')) glob.remove_suffix(1);
  return glob;
}

/// The path or a directory above it is matched.
bool any_level_matches(const std::vector<Wildmatch>& globs, std::string_view path) {
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string_view part = path.substr(0, end);
    if (std::any_of(globs.begin(), globs.end(), [&](const auto& g) { return g.matches(part); })) {
      return true;
    }
    if (end == path.npos) return false;
  }
}

}  // namespace

Excluder::Excluder(const ExcludeOptions& options, const std::vector<std::string>& include,
                   std::string_view never) {
  Scope scope;
  std::string all;
  for (const std::string& pattern : options.patterns) {
    scope.ours.add_line(pattern);
    append(all, pattern);
  }
  append(all, "include");
  for (const std::string& glob : include) {
    include_.emplace_back(trimmed(glob));
    append(all, glob);
  }
  append(all, "present");
  for (const std::string& name : options.if_present) append(all, name);
  append(all, options.larger_than ? std::to_string(*options.larger_than) : "any size");
  append(all, options.caches ? "no caches" : "caches");
  append(all, options.one_file_system ? "one" : "all");
  append(all, options.gitignore ? "git" : "ours");
  append(all, never);
  scope.fingerprint = sha256(all);
  scopes_.push_back(std::move(scope));
}

void Excluder::push(std::size_t base, std::string_view ours, std::string_view gits) {
  Scope scope;
  scope.base = base;
  scope.ours.add_file(ours);
  scope.gits.add_file(gits);
  std::string all(fingerprint().raw());
  append(all, ours);
  append(all, gits);
  scope.fingerprint = sha256(all);
  scopes_.push_back(std::move(scope));
}

bool Excluder::is_ignored(std::string_view path, std::string_view name, bool is_directory) const {
  using Verdict = IgnoreRules::Verdict;
  const Verdict verdict = scopes_.front().ours.judge(path, name, is_directory);
  if (verdict != Verdict::None) return verdict == Verdict::Ignored;
  for (std::size_t i = scopes_.size(); --i > 0;) {
    for (const IgnoreRules* rules : {&scopes_[i].ours, &scopes_[i].gits}) {
      const Verdict found = rules->judge(path.substr(scopes_[i].base), name, is_directory);
      if (found != Verdict::None) return found == Verdict::Ignored;
    }
  }
  return false;
}

bool Excluder::leaves_out(std::string_view path, std::string_view name, bool is_directory) const {
  if (!include_.empty() && !any_level_matches(include_, path) &&
      !(is_directory && std::any_of(include_.begin(), include_.end(),
                                    [&](const auto& g) { return g.leads_through(path); }))) {
    return true;
  }
  return is_ignored(path, name, is_directory);
}

bool Excluder::takes_all() const {
  return include_.empty() && std::all_of(scopes_.begin(), scopes_.end(), [](const Scope& scope) {
           return scope.ours.empty() && scope.gits.empty();
         });
}

bool is_cache_tag(std::string_view content) noexcept { return content.starts_with(kSignature); }

bool is_stage_name(std::string_view name) noexcept {
  return name.starts_with(".stravinsky-stage-");
}

}  // namespace stravinsky
