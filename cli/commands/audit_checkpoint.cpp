#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

Exit run(Session& session) {
  if (session.globals.force) {
    Store store = session.open_store(Access::Write);
    session.attempt(store, "CHECKPOINT", "");
    accept_audit_chain(store);
    session.talk("the chain counts as it is from here on; what was seen before is kept beside it");
  }
  const Store store = session.open_store();
  show_checkpoint(session.view(), audit_checkpoint(store));
  return Exit::Done;
}

}  // namespace

void add_audit_checkpoint(CLI::App& audit, Session& session) {
  auto* cmd = audit.add_subcommand(
      "checkpoint",
      "Print a signed note of the newest event, to be kept elsewhere; -f: let the "
      "chain count as it is, whatever was seen of it here before");
  cmd->footer(help_footer("stravinsky audit checkpoint > /media/stick/checkpoint",
                          {Exit::NoStore, Exit::Key, Exit::Damaged, Exit::Audit}));
  cmd->callback([&session] { session.exit = run(session); });
}

}  // namespace stravinsky::cli
