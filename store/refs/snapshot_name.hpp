#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stravinsky/ref_name.hpp"

namespace stravinsky {

/// Checks a snapshot's name against docs/format.md 3.
/// @returns what is wrong with it; empty when nothing is
std::optional<std::string> fault_of_name(std::string_view name);

/// Checks what a snapshot's content is a version of: versions are looked up before words.
/// @returns what is wrong with it; empty when nothing is
std::optional<std::string> fault_of_version(std::string_view version);

/// The name as it stands in a ref.
std::string escape_snapshot_name(std::string_view name);
/// Empty result for what `escape_snapshot_name` never writes.
std::optional<std::string> unescape_snapshot_name(std::string_view escaped);

RefName snapshot_ref(std::string_view profile, std::string_view name);
RefName story_ref(std::string_view profile);
RefName current_ref(std::string_view profile);
RefName good_ref(std::string_view profile);
RefName notes_ref(std::string_view profile);
RefName upstream_ref(std::string_view profile);

/// ASCII letters lowered: names that are equal then are one name.
std::string fold_case(std::string_view name);
bool are_equal_folded(std::string_view a, std::string_view b);

}  // namespace stravinsky
