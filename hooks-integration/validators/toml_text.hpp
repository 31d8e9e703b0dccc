#pragma once

#include <optional>
#include <string_view>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

/// Why a text is no TOML, a key twice included; empty when it is. Threads: any.
std::optional<JsonFault> find_toml_fault(std::string_view text);

}  // namespace stravinsky::hooks
