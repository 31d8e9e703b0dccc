#pragma once

#include <string>
#include <vector>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky {
struct UnsettledUpdate;
}

namespace stravinsky::cli {

/// What bringing back in place would do. @param proceed  the command that does it
void show_plans(const View& view, const std::vector<RestorePlan>& plans, const std::string& proceed,
                Exit exit);
/// What it did.
void show_in_place(const View& view, const std::vector<InPlaceReport>& reports, Exit exit);
/// The same for a rollback. @param undone  which operation it took back; empty: none
void show_rollback(const View& view, const std::vector<InPlaceReport>& reports,
                   const std::string& undone, Exit exit);

void show_operations(const View& view, const std::vector<OperationInfo>& operations,
                     const std::vector<UnsettledUpdate>& updates);

}  // namespace stravinsky::cli
