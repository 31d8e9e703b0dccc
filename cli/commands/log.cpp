#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "live_content.hpp"
#include "present/changes.hpp"
#include "present/entries.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string path;
  std::size_t limit = SIZE_MAX;
  bool patch = false;
};

/// The versions of the path in one profile.
struct History {
  std::string path;
  std::vector<FileVersion> versions;
};

/// What a PATH word may mean in a profile's snapshots.
std::vector<std::string> spellings(const Options& options, Session& session, const Store& store,
                                   const std::string& name) {
  std::vector<std::string> paths;
  const auto profile = find_any_profile(session, &store, name);
  if (profile) {
    if (auto inside = snapshot_path(*profile, absolute_path(options.path))) {
      paths.push_back(*std::move(inside));
    }
  }
  if (!options.path.starts_with('/')) paths.push_back(options.path);
  return paths;
}

/// Of each active profile that ever had the path.
std::vector<History> histories_of(const Options& options, Session& session, const Store& store) {
  std::vector<History> found;
  std::optional<Error> failure;
  for (const std::string& name : active_names(session, store)) {
    for (const std::string& path : spellings(options, session, store, name)) {
      try {
        found.push_back({path, file_history(store, name, path)});
        break;
      } catch (const Error& error) {
        if (error.code() != Errc::NotFound) throw;
        failure = error;
      }
    }
  }
  if (!found.empty()) return found;
  if (failure) throw Error(*failure);
  throw Error(Errc::NotFound, fmt::format("cannot find '{}'", options.path),
              "no root of the profile holds it", "see `stravinsky profile list`");
}

/// Each version against the one before it.
void show_patches(Session& session, const Store& store, const History& history) {
  const View& view = session.view();
  for (std::size_t i = 0; i < history.versions.size(); ++i) {
    show_versions(view, history.path, {history.versions[i]});
    const bool oldest = i + 1 == history.versions.size();
    const Snapshot& after = history.versions[i].snapshot;
    const Snapshot& before = oldest ? after : history.versions[i + 1].snapshot;
    ChangeReport report;
    report.from = before;
    report.to = after;
    report.content = stored_contents(store, before, after);
    Change change;
    change.path = history.path;
    change.after = history.versions[i].entry;
    if (!oldest) change.before = history.versions[i + 1].entry;
    if (!change.before && !change.after) continue;
    change.code = !change.before                              ? 'A'
                  : !change.after                             ? 'D'
                  : change.before->type != change.after->type ? 'T'
                                                              : 'M';
    view.out.line("");
    show_patch(view, report, change);
    if (!oldest) view.out.line("");
  }
}

Exit run(const Options& options, Session& session) {
  const Store store = session.open_store();
  if (options.path.empty()) {
    std::vector<Snapshot> snapshots;
    for (const std::string& name : active_names(session, store)) {
      ListFilter filter;
      filter.profile = name;
      filter.limit = options.limit;
      for (Snapshot& snapshot : list_snapshots(store, filter)) {
        snapshots.push_back(std::move(snapshot));
      }
    }
    std::stable_sort(snapshots.begin(), snapshots.end(),
                     [](const Snapshot& a, const Snapshot& b) { return a.time > b.time; });
    if (snapshots.size() > options.limit) snapshots.resize(options.limit);
    show_log(session.view(), snapshots);
    return Exit::Done;
  }
  std::vector<History> histories = histories_of(options, session, store);
  if (session.json()) {
    History all = {histories.front().path, {}};
    for (History& history : histories) {
      history.versions.resize(std::min(history.versions.size(), options.limit));
      std::move(history.versions.begin(), history.versions.end(), std::back_inserter(all.versions));
    }
    show_versions(session.view(), all.path, all.versions);
    return Exit::Done;
  }
  for (History& history : histories) {
    history.versions.resize(std::min(history.versions.size(), options.limit));
    if (histories.size() > 1 && !history.versions.empty()) {
      if (&history != &histories.front()) session.out().line("");
      session.out().print("Profile {}:\n", history.versions.front().snapshot.profile);
    }
    if (options.patch) {
      show_patches(session, store, history);
    } else {
      show_versions(session.view(), history.path, history.versions);
    }
  }
  return Exit::Done;
}

}  // namespace

void add_log(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("log", "Show snapshots, or the distinct versions of one path");
  cmd->add_option("PATH", options->path, "a live path, or a path in the snapshots");
  add_limit(cmd, options->limit);
  cmd->add_flag("-p,--patch", options->patch, "with what changed");
  cmd->footer(help_footer("stravinsky log -p ~/.claude/settings.json",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
