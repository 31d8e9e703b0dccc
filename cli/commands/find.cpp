#include <fnmatch.h>
#include <CLI/CLI.hpp>

#include <map>
#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "present/entries.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string glob;
  std::size_t limit = SIZE_MAX;
  bool all = false, is_long = false, zero = false;
};

bool matches(const std::string& glob, const std::string& path) {
  const bool whole = glob.find('/') != std::string::npos;
  const std::string& subject = whole ? path : path.substr(path.rfind('/') + 1);
  return fnmatch(glob.c_str(), subject.c_str(), 0) == 0;
}

std::vector<PathAndEntry> matches_in(const SnapshotTree& tree, const std::string& glob) {
  std::vector<PathAndEntry> found;
  tree.walk("", [&](const std::string& path, const Entry& entry) {
    if (matches(glob, path)) found.emplace_back(path, entry);
    return true;
  });
  return found;
}

Exit run(const Options& options, Session& session) {
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  std::vector<Snapshot> snapshots;
  if (options.all) {
    snapshots = list_snapshots(store);
  } else {
    const std::vector<std::string> names = active_names(session, store);
    snapshots = list_of(store, names);
    hint_at_others(session, store, names);
  }
  std::vector<Found> found;
  std::map<Sha256, std::vector<PathAndEntry>> known;  // equal content is searched once
  Exit exit = Exit::Done;
  for (const Snapshot& snapshot : snapshots) {
    auto at = known.find(snapshot.content);
    try {
      if (at == known.end()) {
        at =
            known.emplace(snapshot.content, matches_in(SnapshotTree(store, snapshot), options.glob))
                .first;
      }
    } catch (const Error& error) {
      if (error.code() != Errc::Corrupt && error.code() != Errc::Hostile) throw;
      session.warn(error.what());
      exit = Exit::Damaged;
      continue;
    }
    for (const auto& [path, entry] : at->second) {
      if (found.size() < options.limit) found.push_back({snapshot, path, entry});
    }
  }
  show_found(session.view(), found, options.is_long ? EntryForm::Long : EntryForm::Names);
  return exit;
}

}  // namespace

void add_find(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("find", "Find entries by name in every snapshot");
  cmd->add_option("GLOB", options->glob, "matches names; with a '/' whole paths, '*' crosses '/'")
      ->required();
  add_limit(cmd, options->limit);
  cmd->add_flag("--all", options->all, "in all profiles");
  cmd->add_flag("-l,--long", options->is_long, "with mode, owner, size and time (UTC)");
  cmd->add_flag("-z", options->zero, "end each match with NUL, quote nothing");
  cmd->footer(help_footer("stravinsky find '*.plist' --limit 10", {Exit::NoStore, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
