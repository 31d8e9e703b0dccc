#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "comparison.hpp"
#include "present/changes.hpp"
#include "present/words.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool exit_code = false, zero = false;
};

Exit run(const Options& options, Session& session) {
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  const std::vector<ChangeReport> reports =
      compare_all(session, store, current_against_live(session, store), options.paths, false);
  session.end_progress();
  bool differs = false, lost = false;
  for (const ChangeReport& report : reports) {
    differs = differs || !report.changes.empty();
    lost = lost || !report.losses.empty();
    if (reports.size() > 1 && !report.changes.empty()) continue;  // it gets a heading
    session.talk(
        fmt::format("profile {}: live against {}", report.from.profile, shown(report.from.name)));
  }
  show_changes(session.view(), reports, ChangeForm::Letters);
  if (!differs && !session.json() && !options.zero && !session.view().quiet) {
    session.out().line(lost ? "No changes in what could be read" : "No changes");
  }
  return end_comparison(session, reports, options.exit_code);
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("status", "Compare the live tree with the current snapshot");
  cmd->add_option("PATH", options->paths, "only these and what is below");
  cmd->add_flag("--exit-code", options->exit_code, "exit 1 if there are differences");
  cmd->add_flag("-z", options->zero, "end each path with NUL, quote nothing");
  cmd->footer(
      "Letters: A added, D deleted, M content, T type; p mode, o owner, t time, x xattrs\n\n" +
      help_footer("stravinsky status --exit-code", {Exit::Partial, Exit::NoStore, Exit::NotFound,
                                                    Exit::Damaged, Exit::ComparisonFailed}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
