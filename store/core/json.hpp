#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace stravinsky {

/// Parses stored JSON with limits: 16 MiB, depth 64, valid UTF-8.
/// @param what  for the message, such as `event.json of 1234…`
/// @throws Error Corrupt with line and column
nlohmann::json parse_stored_json(std::string_view text, std::string_view what);

/// A path as a member of an object: one that is not UTF-8 stands as `<key>_b64`.
void set_raw_path(nlohmann::json& object, const char* key, const std::string& path);
/// @throws nlohmann::json::exception, std::invalid_argument
std::string get_raw_path(const nlohmann::json& object, const char* key);

}  // namespace stravinsky
