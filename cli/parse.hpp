#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "stravinsky/snapshot.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::cli {

/// The time that an option's word names; times are UTC. @throws Error Invalid, naming `option`
TimeSpan parse_time_option(std::string_view option, std::string_view text, Timestamp now);

/// Bytes: a whole number with an optional `k`, `M`, `G`, `T` (powers of 1,024).
/// @throws Error Invalid, naming `option`
std::uint64_t parse_size(std::string_view option, std::string_view text);

/// `KEY` or `KEY=VALUE`. @throws Error Invalid: no key, or control characters
Tag parse_tag(std::string_view text);

}  // namespace stravinsky::cli
