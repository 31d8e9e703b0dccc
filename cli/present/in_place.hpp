#pragma once

#include <string>
#include <vector>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky {
struct PastOperation;
struct UnsettledUpdate;
}  // namespace stravinsky

namespace stravinsky::cli {

/// The event of the chain that a rollback takes back, or brings back again.
struct PastEvent {
  const PastOperation& operation;
  bool is_undone;  ///< otherwise redone
};
std::string described(const PastEvent& past);

/// What bringing back in place would do. @param proceed  the command that does it
void show_plans(const View& view, const std::vector<RestorePlan>& plans, const std::string& proceed,
                Exit exit, const PastEvent* past = nullptr);
/// What it did.
void show_in_place(const View& view, const std::vector<InPlaceReport>& reports, Exit exit);
/// The same for a rollback. @param past  null: it is to a snapshot that was named
void show_rollback(const View& view, const std::vector<InPlaceReport>& reports,
                   const PastEvent* past, Exit exit);

void show_operations(const View& view, const std::vector<OperationInfo>& operations,
                     const std::vector<UnsettledUpdate>& updates);

}  // namespace stravinsky::cli
