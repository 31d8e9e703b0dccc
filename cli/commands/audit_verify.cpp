#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

Exit run(Session& session) {
  const Store store = session.open_store();
  const AuditVerification verification = verify_audit(store, {}, session.progress("checking"));
  session.end_progress();
  for (const std::string& warning : verification.warnings) session.warn(warning);
  show_audit_verified(session.view(), verification);
  return verification.ok ? Exit::Done : Exit::Audit;
}

}  // namespace

void add_audit_verify(CLI::App& audit, Session& session) {
  auto* cmd = audit.add_subcommand("verify", "Check the chain, its signatures and what it names");
  cmd->footer(help_footer("stravinsky audit verify", {Exit::NoStore, Exit::Damaged, Exit::Audit,
                                                      Exit::Interrupted, Exit::Terminated}));
  cmd->callback([&session] { session.exit = run(session); });
}

}  // namespace stravinsky::cli
