#include <CLI/CLI.hpp>
#include <memory>

#include "audit_filter.hpp"
#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

/// As the documents about the audit log have always had it.
constexpr std::size_t kLimit = 1000;

Exit run(const FilterWords& words, Session& session) {
  const Store store = session.open_store();
  AuditFilter filter = read_filter(words, session);
  filter.check_signatures = true;
  std::vector<AuditEvent> events;
  visit_events(store, filter, [&](const AuditEvent& event) {
    events.push_back(event);
    return true;
  });
  show_events(session.view(), events);
  return Exit::Done;
}

}  // namespace

void add_audit_log(CLI::App& audit, Session& session) {
  auto words = std::make_shared<FilterWords>();
  auto* cmd = audit.add_subcommand("log", "Show what was done and tried, newest first");
  add_filter(cmd, *words, kLimit);
  cmd->footer(help_footer("stravinsky audit log --limit 5 --type SNAPSHOT --since 2d",
                          {Exit::NoStore, Exit::Damaged}));
  cmd->callback([words, &session] { session.exit = run(*words, session); });
}

}  // namespace stravinsky::cli
