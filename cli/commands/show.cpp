#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "live_content.hpp"
#include "present/changes.hpp"
#include "present/snapshots.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref;
  bool files = false, manifest = false, losses = false, stat = false, credentials = false;
};

/// What came with this snapshot: against the one before it. Nothing for the first of a profile.
std::optional<ChangeReport> stat_of(const Store& store, const Snapshot& snapshot) {
  ListFilter filter;
  filter.profile = snapshot.profile;
  const auto all = list_snapshots(store, filter);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].commit != snapshot.commit) continue;
    ChangeReport report;
    report.from = all[i + 1];
    report.to = snapshot;
    report.changes = diff(store, all[i + 1], snapshot);
    report.content = stored_contents(store, all[i + 1], snapshot);
    return report;
  }
  return std::nullopt;
}

SnapshotDetails details_of(const Store& store, const Snapshot& snapshot, bool files) {
  SnapshotDetails details;
  details.snapshot = snapshot;
  details.manifest = read_manifest(store, snapshot);
  details.losses = read_losses(store, snapshot);
  if (!files) return details;
  SnapshotTree(store, snapshot).walk("", [&](const std::string& path, const Entry& entry) {
    details.files.emplace_back(path, entry);
    return true;
  });
  return details;
}

Exit run(const Options& options, Session& session, bool as_json) {
  const Store store = session.open_store();
  std::vector<Snapshot> snapshots;
  try {
    snapshots = resolve_each(session, store, options.ref);
  } catch (const Error& error) {
    if (!as_json || error.code() != Errc::NotFound) throw;
    throw Error(Errc::NotFound, "Backup not found", options.ref,
                error.remedy().empty() ? "see `stravinsky rollback list`" : error.remedy());
  }
  std::vector<SnapshotDetails> all;
  std::vector<ChangeReport> stat;
  for (const Snapshot& snapshot : snapshots) {
    all.push_back(details_of(store, snapshot, options.files));
    if (!options.stat) continue;
    all.back().stat = stat_of(store, snapshot);
    if (all.back().stat) stat.push_back(*all.back().stat);
  }
  show_details(session.view(), all,
               {.manifest = options.manifest,
                .losses = options.losses,
                .files = options.files,
                .credentials = options.credentials,
                .stat = options.stat,
                .as_json = as_json});
  if (stat.empty() || session.json()) return Exit::Done;
  session.out().line("");
  show_changes(session.view(), stat, ChangeForm::Stat);
  return Exit::Done;
}

}  // namespace

void add_show(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("show", "Show what is known about a snapshot");
  cmd->add_option("REF", options->ref, "name, version, 7 hex digits, latest, current, @2d")
      ->required();
  cmd->add_flag("--files", options->files, "with every entry");
  cmd->add_flag("--manifest", options->manifest, "with snapshot.json as it is stored");
  cmd->add_flag("--losses", options->losses, "with what could not be captured");
  cmd->add_flag("--credentials", options->credentials,
                "with the list of credential files that the profile's captures found");
  cmd->add_flag("--stat", options->stat, "with the changes since the snapshot before it");
  cmd->footer(
      help_footer("stravinsky show latest --stat", {Exit::NoStore, Exit::NotFound, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session, false); });
}

void add_backup_show(CLI::App& group, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = group.add_subcommand("show", "Show a version as JSON");
  cmd->add_option("VERSION", options->ref, "version or any REF")->required();
  cmd->footer(help_footer("stravinsky " + group.get_name() + " show v0.3.8",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session, true); });
}

}  // namespace stravinsky::cli
