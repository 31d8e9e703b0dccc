#pragma once

#include <string>
#include <string_view>

namespace stravinsky {

/// Standard base64 with padding, no line breaks.
std::string base64_encode(std::string_view raw);

/// Valid UTF-8 without surrogates, overlong forms or code points above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// For messages: the name in single quotes; control bytes and bytes that are not UTF-8 as `\ooo`.
std::string quoted(std::string_view name);
// Exact matches, or std::quoted of <iomanip> would be found for these and be the better one.
inline std::string quoted(const std::string& name) { return quoted(std::string_view(name)); }
inline std::string quoted(std::string& name) { return quoted(std::string_view(name)); }
inline std::string quoted(const char* name) { return quoted(std::string_view(name)); }

}  // namespace stravinsky
