#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky {

/// Empty result for anything but canonical standard base64.
std::optional<std::string> base64_decode(std::string_view text);

/// Digits only, no sign, no blank, must fit.
std::optional<std::uint64_t> parse_unsigned(std::string_view text, int base = 10) noexcept;

}  // namespace stravinsky
