#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "present/words.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string id, other;
  bool refs = false;
};

bool is_believed(const AuditEvent& event) { return !event.signature || event.signature->good; }

Exit run_show(const Options& options, Session& session) {
  const Store store = session.open_store();
  const AuditEvent event = find_event(store, options.id);
  std::vector<AuditRef> refs;
  if (options.refs) refs = list_refs_at(store, event);
  show_event(session.view(), event, options.refs ? &refs : nullptr);
  return is_believed(event) ? Exit::Done : Exit::Audit;
}

Exit run_diff(const Options& options, Session& session) {
  const Store store = session.open_store();
  const AuditEvent from = find_event(store, options.id), to = find_event(store, options.other);
  for (const AuditEvent* event : {&from, &to}) {
    if (is_believed(*event)) continue;
    session.warn(fmt::format("event {} is not to be believed: {}", event->sequence,
                             shown(event->signature->fault)));
  }
  show_ref_changes(session.view(), from, to,
                   diff_refs(list_refs_at(store, from), list_refs_at(store, to)));
  return is_believed(from) && is_believed(to) ? Exit::Done : Exit::Audit;
}

const std::vector<Exit> kStatuses = {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::Audit};
constexpr const char* kIdHelp = "evt_…, a sequence number, hex digits of the commit, or latest";

}  // namespace

void add_audit_show(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = audit.add_subcommand("show", "Show one event, and the refs as they were after it");
  cmd->add_option("ID", options->id, kIdHelp)->required();
  cmd->add_flag("--refs", options->refs, "with every ref as it stood then");
  cmd->footer(help_footer("stravinsky audit show 12 --refs", kStatuses));
  cmd->callback([options, &session] { session.exit = run_show(*options, session); });
}

void add_audit_diff(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = audit.add_subcommand("diff", "Show which refs differ between two events");
  cmd->add_option("A", options->id, kIdHelp)->required();
  cmd->add_option("B", options->other, kIdHelp)->required();
  cmd->footer(help_footer("stravinsky audit diff 12 latest", kStatuses));
  cmd->callback([options, &session] { session.exit = run_diff(*options, session); });
}

}  // namespace stravinsky::cli
