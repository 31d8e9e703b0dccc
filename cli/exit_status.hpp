#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/error.hpp"

namespace stravinsky::cli {

/// What the program ends with. docs/errors.md is this table in words; a test compares them.
enum class Exit : int {
  Done = 0,
  Failure = 1,
  Usage = 2,
  Partial = 3,
  NoStore = 10,
  Locked = 11,
  Key = 12,
  NotFound = 13,
  Damaged = 14,
  Audit = 15,
  ChecksFailed = 20,
  UpdateRolledBack = 21,
  UpdateCritical = 22,
  NotVerified = 23,
  NotConfirmed = 24,
  Changed = 25,
  NoSpace = 26,
  Denied = 27,
  Busy = 28,
  MergeConflict = 29,
  RunFailed = 125,
  NotRunnable = 126,
  NoCommand = 127,
  ComparisonFailed = 128,
  Interrupted = 130,
  Terminated = 143,
};

/// One row of the table.
struct ExitRow {
  Exit exit;
  std::string_view meaning, advice;
};

/// All of them, by number.
std::span<const ExitRow> exit_rows() noexcept;
std::string_view meaning_of(Exit exit) noexcept;

/// The status and the JSON name (`error.code`) of each kind of failure.
Exit exit_of(Errc code) noexcept;
std::string_view name_of(Errc code) noexcept;

/// What to type when stored bytes are damaged and the error itself knows nothing better.
inline constexpr std::string_view kDamageRemedy =
    "stravinsky verify --read-data names all damage; stravinsky list shows the other snapshots";

/// The same failure with something else to type next.
Error with_remedy(const Error& error, std::string remedy);

/// The end of a command's help: an example and the statuses it may end with, besides 0, 1 and 2.
std::string help_footer(std::string_view example, const std::vector<Exit>& statuses);

}  // namespace stravinsky::cli
