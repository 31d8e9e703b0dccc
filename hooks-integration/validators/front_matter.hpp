#pragma once

#include <optional>
#include <string_view>

#include "stravinsky/json_text.hpp"
#include "validators/finding.hpp"

namespace stravinsky::hooks {

/// The YAML between a first line `---` and the next such line.
struct FrontMatter {
  bool is_present = false;
  std::optional<JsonValue> fields;  ///< an object; empty: absent, or faulty, as a finding says
};

/// @param severity  of what makes it unreadable: whether the file still loads depends on its kind
FrontMatter read_front_matter(std::string_view text, Severity severity, Findings& findings);

}  // namespace stravinsky::hooks
