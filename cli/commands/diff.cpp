#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "comparison.hpp"
#include "present/changes.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string a, b;
  bool patch = false, stat = false, name_status = false, content_only = false, exit_code = false,
       zero = false;
};

/// The two snapshots in each profile that has both. Where no profile has both, one and one of two
/// profiles are compared.
std::vector<Comparison> pairs_of(const std::string& a, const std::string& b, Session& session,
                                 const Store& store) {
  const std::vector<Snapshot> before = resolve_each(session, store, a);
  const std::vector<Snapshot> after = resolve_each(session, store, b);
  std::vector<Comparison> pairs;
  for (const Snapshot& from : before) {
    for (const Snapshot& to : after) {
      if (from.profile == to.profile) pairs.push_back({from, to});
    }
  }
  if (!pairs.empty()) return pairs;
  if (before.size() == 1 && after.size() == 1) return {{before.front(), after.front()}};
  throw Error(Errc::Invalid, fmt::format("cannot compare {} with {}", quoted(a), quoted(b)),
              "no profile has both, and one of them means two snapshots",
              "name it as PROFILE/NAME, or add -P NAME");
}

std::vector<Comparison> comparisons_of(const Options& options, Session& session,
                                       const Store& store) {
  if (options.a.empty()) return current_against_live(session, store);
  if (!options.b.empty()) return pairs_of(options.a, options.b, session, store);
  std::vector<Comparison> found;
  for (Snapshot& snapshot : resolve_each(session, store, options.a)) {
    found.push_back({std::move(snapshot), std::nullopt});
  }
  return found;
}

Exit run(const Options& options, Session& session) {
  for (const std::string& path : session.dashed) {
    if (path.empty()) throw Error(Errc::Invalid, "cannot compare ''", "the path is empty");
  }
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  const std::vector<ChangeReport> reports =
      compare_all(session, store, comparisons_of(options, session, store), session.dashed,
                  options.content_only);
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
  auto* cmd = app.add_subcommand(
      "diff",
      "Show what differs between two snapshots, or the live tree; `-- PATH...` keeps to paths");
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
