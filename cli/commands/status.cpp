#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "commands/commands.hpp"
#include "comparison.hpp"
#include "files.hpp"
#include "live_content.hpp"
#include "present/changes.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool exit_code = false, zero = false;
};

std::vector<ChangeReport> compare(const Options& options, Session& session, const Store& store) {
  std::vector<ChangeReport> reports;
  const auto profiles = active_profiles(session, &store);
  for (const Profile& profile : profiles) {
    const auto current = find_current(store, profile.name);
    if (!current) continue;  // of two, the one that was never captured has nothing to say
    DiffOptions diff_options;
    for (const std::string& word : options.paths) {
      diff_options.paths.push_back(path_in_snapshot(session, store, *current, word));
    }
    LiveDiff live =
        diff_live(store, *current, profile, {}, diff_options, session.progress("comparing"));
    session.talk(fmt::format("profile {}: live against {}", profile.name, shown(current->name)));
    reports.push_back({.from = *current,
                       .to = std::nullopt,
                       .changes = std::move(live.changes),
                       .losses = std::move(live.losses),
                       .content = live_contents(store, *current, profile)});
  }
  if (!reports.empty()) return reports;
  throw Error(Errc::NotFound, fmt::format("cannot compare profile '{}'", profiles.front().name),
              "it has no current snapshot", "make one: stravinsky snapshot");
}

Exit run(const Options& options, Session& session) {
  session.failures_are_128 = options.exit_code;
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  const std::vector<ChangeReport> reports = compare(options, session, store);
  session.end_progress();
  show_changes(session.view(), reports, ChangeForm::Letters);
  const bool differs = std::any_of(reports.begin(), reports.end(), [](const ChangeReport& report) {
    return !report.changes.empty();
  });
  if (!differs && !session.json() && !options.zero && !session.view().quiet) {
    session.out().line("No changes");
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
