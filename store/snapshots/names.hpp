#pragma once

#include <set>
#include <string>
#include <string_view>

#include "refs/ref_store.hpp"
#include "snapshots/notes.hpp"

namespace stravinsky {

/// Every name that a profile's snapshots have or had, with ASCII case folded.
std::set<std::string> used_names(const RefMap& refs, const std::string& profile,
                                 const Notes& notes);

/// The default name for a time: `YYYYMMDD_HHMMSS`, with `-2`, `-3`, … when that is used.
std::string free_name(Timestamp time, const std::set<std::string>& used);

/// @throws Error Invalid with what is wrong
void require_name(std::string_view name);
/// For values of trailers. @throws Error Invalid: a control character, a line break or not UTF-8
void require_one_line(std::string_view text, std::string_view what);
/// For descriptions, which may have several lines. @throws Error Invalid: a NUL or not UTF-8
void require_text(std::string_view text, std::string_view what);

}  // namespace stravinsky
