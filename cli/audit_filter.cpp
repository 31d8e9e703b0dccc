#include "audit_filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "app.hpp"
#include "parse.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

/// As docs/format.md 10 lists them.
constexpr std::string_view kTypes[] = {"INIT",
                                       "SNAPSHOT",
                                       "DESCRIBE",
                                       "TAG",
                                       "PIN",
                                       "UNPIN",
                                       "CORRUPTED_BACKUP",
                                       "RENAME",
                                       "CONFIG",
                                       "KEY_IMPORT",
                                       "KEY_CHANGE",
                                       "KEY_REVOKE",
                                       "CHECKPOINT",
                                       "RESTORE_REFS",
                                       "MARK_GOOD",
                                       "UPDATE_BLOCKED",
                                       "UPDATE_START",
                                       "UPDATE_SWITCH",
                                       "VERIFICATION_FAILURE",
                                       "UPDATE_SUCCESS",
                                       "UPDATE_FAILED",
                                       "AUTO_ROLLBACK",
                                       "CHECKOUT",
                                       "RECOVERY",
                                       "RECOVERY_ATTEMPT",
                                       "EMERGENCY_RECOVERY_INITIATED",
                                       "RUN",
                                       "MANUAL_ROLLBACK",
                                       "AUTO_ROLLBACK_SUCCESS",
                                       "UNDO",
                                       "REDO",
                                       "AUTO_ROLLBACK_FAILED"};

std::string fold_case(std::string_view word) { return CLI::detail::to_lower(std::string(word)); }

/// A word that no event can have would look like an answer: nothing was found.
template <typename Words>
void require_known(const char* option, const std::string& word, const Words& known) {
  const auto is_word = [&](std::string_view one) { return fold_case(one) == fold_case(word); };
  if (std::any_of(std::begin(known), std::end(known), is_word)) return;
  throw Error(Errc::Invalid, fmt::format("cannot use {} for {}", quoted(word), option),
              "no event has that", fmt::format("write one of {}", fmt::join(known, ", ")));
}

}  // namespace

void add_filter(CLI::App* command, FilterWords& words, std::size_t default_limit) {
  words.limit = default_limit;
  add_limit(command, words.limit);
  add_repeatable(command, "--type", words.types, "only events of this type; several: any of them")
      ->type_name("TYPE");
  command->add_option("--status", words.status, "only events that ended so: success or failed")
      ->type_name("STATUS");
  command->add_option("--version", words.version, "only events from or to this version")
      ->type_name("V");
  command->add_option("--user", words.user, "only what this user did")->type_name("NAME");
  command->add_option("--since,--from", words.since, "not before: 2026-01-08, …T09:30, 2d, 3h")
      ->type_name("TIME");
  command->add_option("--until,--to", words.until, "not after")->type_name("TIME");
}

AuditFilter read_filter(const FilterWords& words, const Session& session) {
  for (const std::string& type : words.types) require_known("--type", type, kTypes);
  constexpr std::string_view kStatuses[] = {"success", "failed"};
  if (!words.status.empty()) require_known("--status", words.status, kStatuses);
  AuditFilter filter;
  filter.types = words.types;
  filter.status = fold_case(words.status);
  filter.version = words.version;
  filter.user = words.user;
  filter.profile = session.globals.profile;
  filter.limit = words.limit;
  if (!words.since.empty()) {
    filter.since = parse_time_option("--since", words.since, session.now()).first;
  }
  if (!words.until.empty()) {
    filter.until = parse_time_option("--until", words.until, session.now()).last;
  }
  return filter;
}

}  // namespace stravinsky::cli
