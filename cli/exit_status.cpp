#include "exit_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace stravinsky::cli {
namespace {

constexpr std::array kRows = {
    ExitRow{Exit::Done, "done", "nothing"},
    ExitRow{Exit::Failure, "failure; with --exit-code: differences", "read the message"},
    ExitRow{Exit::Usage, "wrong usage, or an invalid config.json", "see --help, `config check`"},
    ExitRow{Exit::Partial, "done, but some items could not be captured or restored",
            "read the list of items"},
    ExitRow{Exit::NoStore, "store not found", "name it with --store, or run `init`"},
    ExitRow{Exit::Locked, "store locked, wait expired", "try again, or --lock-wait SECONDS"},
    ExitRow{Exit::Key, "key missing, wrong or unreadable", "check the file that is named"},
    ExitRow{Exit::NotFound, "snapshot, version or path not found", "see `list --all`"},
    ExitRow{Exit::Damaged, "store or snapshot damaged", "run `verify --read-data`"},
    ExitRow{Exit::Audit, "signature or audit chain invalid or truncated",
            "keep a copy of the store, then find out who wrote to it"},
    ExitRow{Exit::ChecksFailed, "checks failed, nothing changed", "repair what the findings name"},
    ExitRow{Exit::UpdateRolledBack, "update failed, rolled back automatically",
            "read the reason, then try again"},
    ExitRow{Exit::UpdateCritical, "update failed and rollback failed", "follow the recovery guide"},
    ExitRow{Exit::NotVerified, "restored, but verification failed", "run `status`"},
    ExitRow{Exit::NotConfirmed, "confirmation needed or declined", "add --yes"},
    ExitRow{Exit::Changed, "live tree or ref changed underneath, nothing written", "try again"},
    ExitRow{Exit::NoSpace, "disk full", "free space; nothing was lost"},
    ExitRow{Exit::Denied, "permission denied, or a store of another owner or open to others",
            "check owner and mode of what is named"},
    ExitRow{Exit::Busy, "file in use", "end the writer that is named"},
    ExitRow{Exit::MergeConflict, "merge conflict, nothing changed", "merge the named files"},
    ExitRow{Exit::RunFailed, "with run: a failure of our own, or a check failed",
            "read the message"},
    ExitRow{Exit::NotRunnable, "with run: the command cannot be executed", "check its mode"},
    ExitRow{Exit::NoCommand, "with run: there is no such command", "check its name"},
    ExitRow{Exit::ComparisonFailed, "with --exit-code: a failure", "read the message"},
    ExitRow{Exit::Interrupted, "stopped by SIGINT, nothing half-done", "run it again"},
    ExitRow{Exit::Terminated, "stopped by SIGTERM, nothing half-done", "run it again"},
};

}  // namespace

std::span<const ExitRow> exit_rows() noexcept { return kRows; }

std::string_view meaning_of(Exit exit) noexcept {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [exit](const ExitRow& candidate) {
    return candidate.exit == exit;
  });
  return row == kRows.end() ? std::string_view() : row->meaning;
}

Exit exit_of(Errc code) noexcept {
  switch (code) {
    case Errc::NotFound:
      return Exit::NotFound;
    case Errc::NoStore:
      return Exit::NoStore;
    case Errc::Exists:
      return Exit::Failure;
    case Errc::Conflict:
      return Exit::Changed;
    case Errc::Changed:
      return Exit::Changed;
    case Errc::Locked:
      return Exit::Locked;
    case Errc::Busy:
      return Exit::Busy;
    case Errc::Corrupt:
      return Exit::Damaged;
    case Errc::Hostile:
      return Exit::Damaged;
    case Errc::Invalid:
      return Exit::Usage;
    case Errc::Denied:
      return Exit::Denied;
    case Errc::NoSpace:
      return Exit::NoSpace;
    case Errc::Key:
      return Exit::Key;
    case Errc::Signature:
      return Exit::Audit;
    case Errc::Cancelled:
      return Exit::Interrupted;
    case Errc::Io:
      return Exit::Failure;
  }
  return Exit::Failure;
}

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::NotFound:
      return "not_found";
    case Errc::NoStore:
      return "no_store";
    case Errc::Exists:
      return "exists";
    case Errc::Conflict:
      return "conflict";
    case Errc::Changed:
      return "changed";
    case Errc::Locked:
      return "locked";
    case Errc::Busy:
      return "busy";
    case Errc::Corrupt:
      return "corrupt";
    case Errc::Hostile:
      return "hostile";
    case Errc::Invalid:
      return "invalid";
    case Errc::Denied:
      return "denied";
    case Errc::NoSpace:
      return "no_space";
    case Errc::Key:
      return "key";
    case Errc::Signature:
      return "signature";
    case Errc::Cancelled:
      return "cancelled";
    case Errc::Io:
      return "io";
  }
  return "io";
}

Error with_remedy(const Error& error, std::string remedy) {
  const std::string_view line = error.what();
  const std::size_t colon = line.find(": ");  // there is one: an Error puts it there
  return Error(error.code(), std::string(line.substr(0, colon)),
               std::string(line.substr(colon + 2)), std::move(remedy));
}

std::string help_footer(std::string_view example, const std::vector<Exit>& statuses) {
  std::string text = fmt::format("Example:\n  {}\n\nExit statuses:\n", example);
  const auto add = [&text](Exit exit) {
    fmt::format_to(std::back_inserter(text), "  {:>3}  {}\n", int(exit), meaning_of(exit));
  };
  add(Exit::Done);
  add(Exit::Failure);
  add(Exit::Usage);
  for (const Exit exit : statuses) add(exit);
  text +=
      "All of them: stravinsky help exit-statuses. What REF may be: stravinsky help refs.\n"
      "Global options: stravinsky --help.";
  return text;
}

}  // namespace stravinsky::cli
