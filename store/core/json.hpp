#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace stravinsky {

/// Parses stored JSON with limits: 16 MiB, depth 64, valid UTF-8.
/// @param what  for the message, such as `event.json of 1234…`
/// @throws Error Corrupt with line and column
nlohmann::json parse_stored_json(std::string_view text, std::string_view what);

}  // namespace stravinsky
