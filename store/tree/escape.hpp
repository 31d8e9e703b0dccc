#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stravinsky {

enum class NameKind { Symlink, Other };

/// The name under which an entry stands in a git tree. docs/format.md, "Escaping".
/// @param at_top  the entry lies in the top directory of a snapshot
std::string escape_name(std::string_view name, NameKind kind, bool at_top);

/// The live name of a stored one. Empty result for what `escape_name` never writes and for names
/// that no directory can hold ("", ".", "..", with '/' or NUL).
std::optional<std::string> unescape_name(std::string_view stored);

}  // namespace stravinsky
