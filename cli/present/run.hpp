#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/snapshot.hpp"
#include "update/fall_back.hpp"

namespace stravinsky::cli {

/// What `run` did around a command.
struct RunReport {
  bool has_run = false;               ///< the command was started
  int status = 0;                     ///< of the command
  std::vector<std::string> failures;  ///< checks that failed, and how
  std::vector<Snapshot> before, after;
  bool unchanged = false;    ///< the command changed nothing that is captured
  bool is_captured = false;  ///< what it left is: in `after`, or in `before` where it is unchanged
  std::vector<InPlaceReport> rolled_back;
  std::string rollback_failure;  ///< why what was live could not be brought back; empty: it could
  /// Profiles of which nothing was live before: of those what came to be was taken away.
  std::vector<std::string> taken_away;
  std::vector<std::string> left;             ///< what is still not well after the rollback
  std::optional<hooks::FallBack> fall_back;  ///< what followed the rollback
  std::uint64_t bytes_added = 0;
};

/// On standard error, as standard output is the command's; with --json the summary is the last
/// line there.
void show_run(const View& view, const RunReport& report, Exit exit);

}  // namespace stravinsky::cli
