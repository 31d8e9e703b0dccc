#pragma once

#include <string_view>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

/// Reads an XML property list into values with places: dates and data as strings. A key twice in
/// one dictionary is a fault and no end; any other departure from the format ends it.
JsonReading read_xml_plist(std::string_view text);

/// The same for a binary one (`bplist00`), whose values have no places: line and column are 0.
/// Every offset and reference is checked; objects that contain themselves are refused, and so are
/// those that would unfold to more than `kJsonValues` values.
JsonReading read_binary_plist(std::string_view bytes);

bool is_binary_plist(std::string_view bytes) noexcept;

/// ISO 8601 as property lists have it: `2026-11-20T09:30:00Z`.
bool is_plist_date(std::string_view text) noexcept;

}  // namespace stravinsky::hooks
