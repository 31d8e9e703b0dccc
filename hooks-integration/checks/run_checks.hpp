#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/checked_tree.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"
#include "validators/finding.hpp"
#include "validators/interpreters.hpp"

namespace stravinsky::hooks {

/// The eight, in the order in which they run.
const std::vector<std::string>& check_names();

/// How a check ended.
enum class Outcome : std::uint8_t { Passed, Warned, Failed };
std::string_view name_of(Outcome outcome) noexcept;  ///< `passed`, `warned`, `failed`

struct CheckOutcome {
  std::string name;
  Outcome outcome = Outcome::Passed;
  std::string text;  ///< what was seen, and what to do about it; may be empty when it passed
};

/// A finding and whose it is.
struct ReportedFinding {
  std::string profile, live_path;  ///< empty: of no file
  Finding finding;
};

struct ValidationReport {
  bool success = true;
  /// Names; of a check that could not be carried out `name: why`.
  std::vector<std::string> failed_checks;
  std::vector<std::string> warnings;  ///< `name: text`
  std::uint64_t disk_space_mb = 0;    ///< free where the store is
  std::uint64_t file_count = 0;
  std::vector<ReportedFinding> findings;
  std::vector<CheckOutcome> checks;
  std::vector<Snapshot> damaged;  ///< that `previous_backup` found, and nobody has set apart yet
};

struct ChecksOptions {
  std::vector<std::string> only;  ///< names of checks; empty: all
  bool strict = false;            ///< what would warn fails
  Interpreters interpreters;
  std::string home;  ///< absolute; for `~` in commands
  Config config;
  std::uint64_t spot_check_seed = 0;
  std::function<bool()> cancelled = {};  ///< asked from any thread, one at a time

  // What tests replace.
  std::function<std::uint64_t(const std::string& path)> free_space = {};  ///< bytes, for us
  std::function<void(std::chrono::milliseconds)> pause = {};
};

/// Runs all checks on the trees of one or more profiles and changes nothing. One that cannot be
/// carried out fails and says why; the others run all the same.
///
/// What each failure means: docs/validation.md. A fault in a file that is as it was in the
/// snapshot before only warns.
/// @throws Error Cancelled: there is no report of checks that were cut short
ValidationReport run_checks(const Store& store,
                            const std::vector<std::unique_ptr<CheckedTree>>& trees,
                            const ChecksOptions& options);

/// Adds the outcome of other checks on the same trees.
void append(ValidationReport& all, ValidationReport more);

}  // namespace stravinsky::hooks
