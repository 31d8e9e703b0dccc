#pragma once

#include <array>
#include <string>

#include "audit/chain.hpp"

namespace stravinsky {

/// The columns of an event in its projections, beside its number.
inline constexpr std::array<const char*, 14> kEventColumns = {
    "event_id",         "timestamp", "event_type", "subject",      "status", "profile", "version",
    "previous_version", "user",      "hostname",   "tool_version", "error",  "commit",  "json"};

/// One event as text, column by column. `profile` and the versions are those of its first profile;
/// `json` is the whole of `event.json`.
using EventRow = std::array<std::string, kEventColumns.size()>;
EventRow event_row(const ChainLink& link);

/// Its line in `operations.log`: `event.json` with `commit` and `subject`.
std::string event_line(const ChainLink& link);

/// The digest of a list of rows that grows: of what came before, and one more text.
Sha256 extend_digest(const Sha256& before, std::string_view text);

}  // namespace stravinsky
