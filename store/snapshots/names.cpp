#include "snapshots/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

UsedNames::UsedNames(const RefMap& refs, const std::string& profile, const Notes& notes)
    : refs_(refs), prefixes_{tags_of(profile), fmt::format("refs/stravinsky/trash/{}/", profile)} {
  for (const auto& [commit, note] : notes) {
    for (const std::string& name : note.renamed_from) earlier_.insert(fold_case(name));
  }
}

bool UsedNames::contains(std::string_view name) const {
  if (earlier_.contains(fold_case(name))) return true;
  for (const std::string& prefix : prefixes_) {
    for (auto ref = refs_.lower_bound(prefix); ref != refs_.end() && ref->first.starts_with(prefix);
         ++ref) {
      const std::string_view tail = ref->first.substr(prefix.size());
      // Few names are spelt with an escape; the others need no copy.
      if (tail.find('%') == std::string_view::npos) {
        if (are_equal_folded(tail, name)) return true;
      } else if (const auto plain = unescape_snapshot_name(tail)) {
        if (are_equal_folded(*plain, name)) return true;
      }
    }
  }
  return false;
}

std::string free_name(const std::string& wanted, std::span<const UsedNames> used) {
  const auto is_used = [used](const std::string& name) {
    return std::any_of(used.begin(), used.end(),
                       [&](const UsedNames& names) { return names.contains(name); });
  };
  std::string name = wanted;
  for (unsigned n = 2; is_used(name); ++n) name = fmt::format("{}-{}", wanted, n);
  return name;
}

std::string free_name(Timestamp time, std::span<const UsedNames> used) {
  return free_name(compact_time(time), used);
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
