#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "live_content.hpp"
#include "present/entries.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/origin.hpp"
#include "stravinsky/snapshot_tree.hpp"

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

/// A version against the one before it; nothing before the oldest.
std::string patch_at(const View& view, const Store& store, const History& history, std::size_t i) {
  const bool oldest = i + 1 == history.versions.size();
  const FileVersion& version = history.versions[i];
  ChangeReport report;
  report.from = oldest ? version.snapshot : history.versions[i + 1].snapshot;
  report.to = version.snapshot;
  report.content = stored_contents(store, report.from, version.snapshot);
  Change change;
  change.path = history.path;
  change.after = version.entry;
  if (!oldest) change.before = history.versions[i + 1].entry;
  if (!change.before && !change.after) return {};
  change.code = !change.before                              ? 'A'
                : !change.after                             ? 'D'
                : change.before->type != change.after->type ? 'T'
                                                            : 'M';
  return patch_of(view, report, change);
}

using Origins = std::map<ObjectId, SnapshotOrigin>;

/// Where the snapshots of the versions that will be shown came from. A chain that cannot be read is
/// no reason to hold them back.
Origins origins_of(Session& session, const Store& store, const History& history,
                   std::size_t limit) {
  std::vector<Snapshot> snapshots;
  for (const FileVersion& version : history.versions) {
    if (snapshots.size() < limit) snapshots.push_back(version.snapshot);
  }
  try {
    return find_origins(store, snapshots);
  } catch (const Error& error) {
    session.warn(fmt::format("the operations are not known: {}", error.what()));
    return {};
  }
}

/// Calls `show` with each version, up to the limit.
void visit_versions(const Options& options, Session& session, const Store& store,
                    const History& history, const std::function<void(LoggedVersion)>& show) {
  const Origins origins = origins_of(session, store, history, options.limit);
  for (std::size_t i = 0; i < std::min(history.versions.size(), options.limit); ++i) {
    LoggedVersion logged{history.versions[i], {}, {}};
    const auto origin = origins.find(logged.version.snapshot.commit);
    if (origin != origins.end()) logged.origin = origin->second;
    if (options.patch) logged.patch = patch_at(session.view(), store, history, i);
    show(std::move(logged));
  }
}

Exit log_path(const Options& options, Session& session, const Store& store) {
  const std::vector<History> histories = histories_of(options, session, store);
  const View& view = session.view();
  std::vector<LoggedVersion> all;
  bool first = true;
  for (const History& history : histories) {
    if (session.json()) {
      visit_versions(options, session, store, history,
                     [&](LoggedVersion logged) { all.push_back(std::move(logged)); });
      continue;
    }
    if (histories.size() > 1 && !history.versions.empty()) {
      if (!first) session.out().line("");
      session.out().print("Profile {}:\n", history.versions.front().snapshot.profile);
      first = true;
    }
    visit_versions(options, session, store, history, [&](LoggedVersion logged) {
      if (options.patch && !first) session.out().line("");
      show_versions(view, history.path, {std::move(logged)});
      first = false;
    });
  }
  if (session.json()) show_versions(view, histories.front().path, all);
  return Exit::Done;
}

/// What came with a snapshot; with the first of a profile all that is in it.
ChangeReport changes_since(const Store& store, const std::optional<Snapshot>& before,
                           const Snapshot& snapshot) {
  ChangeReport report;
  report.from = before.value_or(snapshot);
  report.to = snapshot;
  report.content = stored_contents(store, report.from, snapshot);
  if (before) {
    report.changes = diff(store, *before, snapshot);
    return report;
  }
  SnapshotTree(store, snapshot).walk("", [&](const std::string& path, const Entry& entry) {
    Change change;
    change.code = 'A';
    change.path = path;
    change.after = entry;
    report.changes.push_back(std::move(change));
    return true;
  });
  return report;
}

Exit log_snapshots(const Options& options, Session& session, const Store& store) {
  const std::vector<std::string> names = active_names(session, store);
  hint_at_others(session, store, names);
  std::vector<std::vector<Snapshot>> lists;
  std::map<ObjectId, Snapshot> before;  // by the commit of the one after it
  for (const std::string& name : names) {
    ListFilter filter;
    filter.profile = name;
    // The last one is shown against one more.
    filter.limit = options.limit + (options.patch && options.limit < SIZE_MAX ? 1 : 0);
    lists.push_back(list_snapshots(store, filter));
    const std::vector<Snapshot>& listed = lists.back();
    for (std::size_t i = 1; options.patch && i < listed.size(); ++i) {
      before.emplace(listed[i - 1].commit, listed[i]);
    }
  }
  std::vector<Snapshot> snapshots = merge_by_time(std::move(lists));
  if (snapshots.size() > options.limit) snapshots.resize(options.limit);
  std::vector<LoggedSnapshot> all;
  for (const Snapshot& snapshot : snapshots) {
    LoggedSnapshot logged{snapshot, std::nullopt};
    const auto older = before.find(snapshot.commit);
    if (options.patch) {
      logged.changes = changes_since(
          store, older == before.end() ? std::nullopt : std::optional(older->second), snapshot);
    }
    if (session.json()) {
      all.push_back(std::move(logged));
      continue;
    }
    const bool is_first = &snapshot == &snapshots.front();
    if (options.patch && !is_first) session.out().line("");
    show_log(session.view(), {std::move(logged)});
  }
  if (session.json()) show_log(session.view(), all);
  return Exit::Done;
}

Exit run(const Options& options, Session& session) {
  const Store store = session.open_store();
  return options.path.empty() ? log_snapshots(options, session, store)
                              : log_path(options, session, store);
}

}  // namespace

void add_log(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("log", "Show snapshots, or the distinct versions of one path");
  cmd->add_option("PATH", options->path, "a live path, or a path in the snapshots");
  add_limit(cmd, options->limit);
  cmd->add_flag("-p,--patch", options->patch, "with what changed, as unified diffs");
  cmd->footer(help_footer("stravinsky log -p ~/.claude/settings.json",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
