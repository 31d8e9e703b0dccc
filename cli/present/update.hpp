#pragma once

#include <string>
#include <string_view>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "update/run_update.hpp"

namespace stravinsky::cli {

/// `planned`, `unchanged`, `conflict`, `blocked`, `done`, `rolled_back`, `rollback_failed`, `kept`.
std::string_view name_of(hooks::UpdateReport::Outcome outcome) noexcept;
Exit exit_of(const hooks::UpdateReport& report) noexcept;

/// A phase as it begins.
void show_update_phase(const View& view, hooks::UpdatePhase phase);
/// What was done, or would be. @param proceed  the command that does what a plan shows
void show_update(const View& view, const hooks::UpdateReport& report,
                 const hooks::UpdateRequest& request, const std::string& proceed, Exit exit);
/// What is to be done about a failure, with the way out of this one marked.
void show_decision_tree(const View& view, hooks::FailureKind kind);

}  // namespace stravinsky::cli
