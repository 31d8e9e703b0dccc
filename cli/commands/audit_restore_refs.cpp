#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "present/words.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string id;
  std::vector<std::string> refs;
  bool dry_run = false;
};

std::string command_for(const Options& options, const Session& session) {
  std::string text =
      fmt::format("{} audit restore-refs {}", session.command(), shell_word(options.id));
  for (const std::string& ref : options.refs) text += " " + shell_word(ref);
  return text + " -f";
}

Exit run(const Options& options, Session& session) {
  const bool acts = session.globals.force && !options.dry_run;
  Store store = session.open_store(Access::Read);
  if (acts) {
    store = session.open_store(Access::Write);
    session.attempt(store, "RESTORE_REFS", fmt::format("to event {}", options.id));
  }
  const AuditEvent at = find_event(store, options.id);
  if (!at.signature->good) {
    // Nobody vouches for what it says.
    session.record_failure(Error(Errc::Signature, fmt::format("cannot go by event {}", at.sequence),
                                 at.signature->fault));
    show_event(session.view(), at, nullptr);
    return Exit::Audit;
  }
  const RefsPlan plan = plan_restore_refs(store, at, options.refs);
  const Exit exit = plan.missing.empty() ? Exit::Done : Exit::Partial;
  std::uint64_t sequence = 0;
  if (acts && !plan.moves.empty()) {
    session.attempt(store, "RESTORE_REFS", fmt::format("to event {}", at.sequence));
    sequence = restore_refs(store, at, plan);
    session.achieved(fmt::format("refs were brought back by event {}", sequence));
  }
  show_refs_plan(session.view(), at, plan, acts ? "" : command_for(options, session), sequence);
  if (acts) session.finish_writing(store, 0);
  return exit;
}

}  // namespace

void add_audit_restore_refs(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = audit.add_subcommand("restore-refs", "Bring refs back to where they were");
  cmd->add_option("ID", options->id,
                  "the event after which they stood so; latest: undo what was "
                  "moved behind our back")
      ->required();
  cmd->add_option("REF", options->refs,
                  "only these, in full or as PROFILE/NAME; default: the snapshots' tags");
  cmd->add_flag("-n,--dry-run", options->dry_run, "show the plan, even with -f");
  cmd->footer(help_footer("stravinsky audit restore-refs 12 claude/before-update -f",
                          {Exit::Partial, Exit::NoStore, Exit::Locked, Exit::Key, Exit::NotFound,
                           Exit::Damaged, Exit::Audit, Exit::Changed}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
