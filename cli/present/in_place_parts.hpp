#pragma once

#include <string>
#include <vector>

#include "present/json.hpp"
#include "present/view.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky::cli {

// Of an operation on live files, for answers in which it is only a part.

/// What it did not do as wanted, or had to leave: a line each.
std::vector<std::string> open_ends(const View& view, const InPlaceReport& report);
/// Where what an operation replaced is kept. @param what  "was live"
std::string kept_line(const std::string& what, const InPlaceReport& report);
/// What came back, as the `profiles` of a summary have it.
Json in_place_json(const InPlaceReport& report);

}  // namespace stravinsky::cli
