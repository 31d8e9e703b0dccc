#include "snapshots/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

std::set<std::string> used_names(const RefMap& refs, const std::string& profile,
                                 const Notes& notes) {
  std::set<std::string> names;
  for (const std::string& prefix :
       {tags_of(profile), fmt::format("refs/stravinsky/trash/{}/", profile)}) {
    for (auto ref = refs.lower_bound(prefix); ref != refs.end() && ref->first.starts_with(prefix);
         ++ref) {
      if (const auto name = unescape_snapshot_name(ref->first.substr(prefix.size()))) {
        names.insert(fold_case(*name));
      }
    }
  }
  for (const auto& [commit, note] : notes) {
    for (const std::string& name : note.renamed_from) names.insert(fold_case(name));
  }
  return names;
}

std::string free_name(Timestamp time, const std::set<std::string>& used) {
  const std::string base = compact_time(time);
  std::string name = base;
  for (unsigned n = 2; used.contains(name); ++n) name = fmt::format("{}-{}", base, n);
  return name;
}

void require_name(std::string_view name) {
  if (const auto fault = fault_of_name(name)) {
    throw Error(Errc::Invalid, fmt::format("cannot name a snapshot {}", quoted(name)), *fault,
                "choose another name");
  }
}

void require_one_line(std::string_view text, std::string_view what) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (!control && is_utf8(text)) return;
  throw Error(Errc::Invalid, fmt::format("cannot use {} as a {}", quoted(text), what),
              control ? "it holds a control character or a line break" : "it is not UTF-8");
}

void require_text(std::string_view text, std::string_view what) {
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) {
    throw Error(Errc::Invalid, fmt::format("cannot use {} as a {}", quoted(text), what),
                "it holds a NUL or is not UTF-8");
  }
}

}  // namespace stravinsky
