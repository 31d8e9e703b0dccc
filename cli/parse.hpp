#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "stravinsky/snapshot.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::cli {

/// Which end of a day a bare date means.
enum class DayEnd { First, Last };

/// `2026-01-08`, `2026-01-08T09:30[:SS][Z]` (UTC), or an age: `90m`, `3h`, `2d`, `2w`.
/// @throws Error Invalid, naming `option`
Timestamp parse_time(std::string_view option, std::string_view text, Timestamp now, DayEnd day_end);

/// Bytes: a whole number with an optional `k`, `M`, `G`, `T` (powers of 1,024).
/// @throws Error Invalid, naming `option`
std::uint64_t parse_size(std::string_view option, std::string_view text);

/// `KEY` or `KEY=VALUE`. @throws Error Invalid: no key, or control characters
Tag parse_tag(std::string_view text);

}  // namespace stravinsky::cli
