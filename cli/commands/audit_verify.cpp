#include <CLI/CLI.hpp>
#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "present/audit.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kLargestNote = 64 << 10;

Exit run(const std::vector<std::string>& files, Session& session) {
  const Store store = session.open_store();
  AuditVerifyOptions options;
  for (const std::string& file : files) {
    options.checkpoints.emplace_back(file, read_argument_file(file, kLargestNote));
  }
  const AuditVerification verification = verify_audit(store, options, session.progress("checking"));
  session.end_progress();
  for (const std::string& warning : verification.warnings) session.warn(warning);
  show_audit_verified(session.view(), verification);
  return verification.ok ? Exit::Done : Exit::Audit;
}

}  // namespace

void add_audit_verify(CLI::App& audit, Session& session) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto* cmd = audit.add_subcommand("verify", "Check the chain, its signatures and what it names");
  add_repeatable(cmd, "--checkpoint", *files,
                 "hold it against what `audit checkpoint` printed; - reads standard input")
      ->type_name("FILE");
  cmd->footer(help_footer("stravinsky audit verify --checkpoint /media/stick/checkpoint",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::Audit,
                           Exit::Interrupted, Exit::Terminated}));
  cmd->callback([files, &session] { session.exit = run(*files, session); });
}

}  // namespace stravinsky::cli
