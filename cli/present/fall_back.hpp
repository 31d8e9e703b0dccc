#pragma once

#include <string>
#include <vector>

#include "present/json.hpp"
#include "present/view.hpp"
#include "update/fall_back.hpp"

namespace stravinsky::cli {

/// What became of falling back to the last good snapshots: a line each.
std::vector<std::string> fall_back_lines(const View& view, const hooks::FallBack& fall_back);
Json fall_back_json(const hooks::FallBack& fall_back);

}  // namespace stravinsky::cli
