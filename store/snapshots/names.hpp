#pragma once

#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "refs/ref_store.hpp"
#include "snapshots/notes.hpp"

namespace stravinsky {

/// The names that a profile's snapshots have or had; ASCII case makes no difference.
/// `refs` must outlive it.
class UsedNames {
 public:
  UsedNames(const RefMap& refs, const std::string& profile, const Notes& notes);
  bool contains(std::string_view name) const;

 private:
  const RefMap& refs_;
  std::array<std::string, 2> prefixes_;  ///< of snapshots, and of those in the trash
  std::set<std::string> earlier_;        ///< with case folded
};

/// `wanted`, with `-2`, `-3`, … when one of `used` has it.
std::string free_name(const std::string& wanted, std::span<const UsedNames> used);
/// The default name for a time: `YYYYMMDD_HHMMSS`, as above.
std::string free_name(Timestamp time, std::span<const UsedNames> used);

/// @throws Error Invalid with what is wrong
void require_name(std::string_view name);
/// For values of trailers. @throws Error Invalid: a control character, a line break or not UTF-8
void require_one_line(std::string_view text, std::string_view what);
/// For descriptions, which may have several lines. @throws Error Invalid: a NUL or not UTF-8
void require_text(std::string_view text, std::string_view what);

}  // namespace stravinsky
