#pragma once

#include <vector>

#include "checks/run_checks.hpp"
#include "present/json.hpp"
#include "present/view.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky::cli {

/// What `validate` found.
void show_validation(const View& view, const std::vector<Profile>& profiles,
                     const hooks::ValidationReport& report);
/// The members of a report, for documents that hold more.
void add_validation(Json& json, const View& view, const hooks::ValidationReport& report);
/// The checks and what they found, as text.
void print_checks(const View& view, const hooks::ValidationReport& report);

}  // namespace stravinsky::cli
