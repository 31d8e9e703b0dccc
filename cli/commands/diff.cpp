#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "comparison.hpp"
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
  std::string a, b;
  bool patch = false, stat = false, name_status = false, content_only = false, exit_code = false,
       zero = false;
};

DiffOptions diff_options(const Options& options, Session& session, const Store& store,
                         const Snapshot& snapshot) {
  DiffOptions result;
  result.content_only = options.content_only;
  for (const std::string& word : session.dashed) {
    result.paths.push_back(path_in_snapshot(session, store, snapshot, word));
  }
  return result;
}

/// The snapshots to compare the live tree with.
std::vector<Snapshot> starting_points(const Options& options, Session& session,
                                      const Store& store) {
  if (!options.a.empty()) return resolve_each(session, store, options.a);
  std::vector<Snapshot> found;
  const auto profiles = active_profiles(session, &store);
  for (const Profile& profile : profiles) {
    if (auto current = find_current(store, profile.name)) found.push_back(*std::move(current));
  }
  if (found.empty()) {
    throw Error(Errc::NotFound, fmt::format("cannot compare profile '{}'", profiles.front().name),
                "it has no current snapshot", "make one: stravinsky snapshot");
  }
  return found;
}

std::vector<ChangeReport> compare(const Options& options, Session& session, const Store& store) {
  std::vector<ChangeReport> reports;
  if (!options.b.empty()) {
    const Snapshot a = resolve_one(session, store, options.a);
    const Snapshot b = resolve_one(session, store, options.b);
    reports.push_back({.from = a,
                       .to = b,
                       .changes = diff(store, a, b, diff_options(options, session, store, a)),
                       .losses = {},
                       .content = stored_contents(store, a, b)});
    return reports;
  }
  for (const Snapshot& a : starting_points(options, session, store)) {
    const Profile profile = profile_of(session, store, a.profile);
    LiveDiff live = diff_live(store, a, profile, {}, diff_options(options, session, store, a),
                              session.progress("comparing"));
    reports.push_back({.from = a,
                       .to = std::nullopt,
                       .changes = std::move(live.changes),
                       .losses = std::move(live.losses),
                       .content = live_contents(store, a, profile)});
  }
  return reports;
}

Exit run(const Options& options, Session& session) {
  session.failures_are_128 = options.exit_code;
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  const std::vector<ChangeReport> reports = compare(options, session, store);
  session.end_progress();
  const ChangeForm form = options.patch  ? ChangeForm::Patch
                          : options.stat ? ChangeForm::Stat
                                         : ChangeForm::Letters;
  show_changes(session.view(), reports, form);
  return end_comparison(session, reports, options.exit_code);
}

}  // namespace

void add_diff(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd =
      app.add_subcommand("diff", "Show what differs between two snapshots, or the live tree");
  cmd->add_option("A", options->a, "REF; default: the current snapshot");
  cmd->add_option("B", options->b, "REF; default: the live tree");
  auto* forms = cmd->add_option_group("How", "Form of the output; paths may follow after `--`");
  forms->add_flag("-p,--patch", options->patch, "unified diffs");
  forms->add_flag("--stat", options->stat, "changed lines per file");
  forms->add_flag("--name-status", options->name_status, "letters and paths (the default)");
  forms->require_option(0, 1);
  cmd->add_flag("--content-only", options->content_only, "leave out changed attributes");
  cmd->add_flag("--exit-code", options->exit_code, "exit 1 if there are differences");
  cmd->add_flag("-z", options->zero, "end each path with NUL, quote nothing");
  cmd->footer(help_footer(
      "stravinsky diff -p latest~1 latest -- settings.json",
      {Exit::Partial, Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::ComparisonFailed}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
