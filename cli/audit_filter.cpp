#include "audit_filter.hpp"

#include "app.hpp"
#include "parse.hpp"

namespace stravinsky::cli {

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
  AuditFilter filter;
  filter.types = words.types;
  filter.status = words.status;
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
