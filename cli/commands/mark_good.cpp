#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "in_place.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/annotation.hpp"

namespace stravinsky::cli {
namespace {

Exit run(const std::string& ref, Session& session) {
  Store store = session.open_store(Access::Write);
  session.attempt(store, "MARK_GOOD", ref);
  const std::vector<Snapshot> snapshots = resolve_each(session, store, ref);
  for (const Snapshot& snapshot : snapshots) require_no_release(session, snapshot, "mark as good");
  session.attempt(store, "MARK_GOOD", full_names(snapshots));
  mark_good(store, snapshots);
  std::string text;
  for (const Snapshot& snapshot : snapshots) {
    text += fmt::format("{}last-good of {} is {} ({})", text.empty() ? "" : "\n", snapshot.profile,
                        shown(snapshot.name), shown(snapshot.version));
  }
  show_done(session.view(), text);
  session.finish_writing(store, 0);
  return Exit::Done;
}

}  // namespace

void add_mark_good(CLI::App& app, Session& session) {
  auto ref = std::make_shared<std::string>("current");
  auto* cmd = app.add_subcommand("mark-good", "Make a snapshot the one that `last-good` means");
  cmd->add_option("REF", *ref, "the snapshot; default: current");
  cmd->footer(help_footer("stravinsky mark-good v0.4.1",
                          {Exit::NoStore, Exit::Locked, Exit::NotFound, Exit::Damaged}));
  cmd->callback([ref, &session] { session.exit = run(*ref, session); });
}

}  // namespace stravinsky::cli
