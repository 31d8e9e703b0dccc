#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>

#include <map>
#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "parse.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::cli {
namespace {

// Counting by kind reads every directory of a snapshot: for so many entries nobody notices.
constexpr std::uint64_t kEntriesToCount = 5'000;

struct Options {
  std::string category, path, since, until;
  std::vector<std::string> tags;
  std::size_t limit = SIZE_MAX;
  bool is_long = false, reverse = false, all = false;
};

std::string kind_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) return "other";
  return shown(name.substr(dot + 1));
}

/// Such as `71 plist, 3 json, 2 other`: the most frequent first, at most three by name.
std::string count_kinds(const Store& store, const Snapshot& snapshot) {
  std::map<std::string, std::size_t> counts;
  std::size_t damaged = 0;
  SnapshotTree(store, snapshot)
      .walk(
          "",
          [&](const std::string& path, const Entry& entry) {
            if (entry.type != EntryType::Directory) ++counts[kind_of(path)];
            return true;
          },
          [&](const std::string&, const Error&) { ++damaged; });
  std::size_t other = counts["other"];
  counts.erase("other");
  std::vector<std::pair<std::size_t, std::string>> sorted;
  for (const auto& [kind, count] : counts) sorted.emplace_back(count, kind);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> words;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i < 3) {
      words.push_back(fmt::format("{} {}", sorted[i].first, sorted[i].second));
    } else {
      other += sorted[i].first;
    }
  }
  if (words.empty()) return counted(other, "file");
  if (other > 0) words.push_back(fmt::format("{} other", other));
  if (damaged > 0) words.push_back("some directories DAMAGED");
  return fmt::format("{}", fmt::join(words, ", "));
}

void add_kinds(const Store& store, SnapshotList& list) {
  std::map<Sha256, std::string> known;  // snapshots of equal content need no second look
  std::uint64_t left = kEntriesToCount;
  for (const Snapshot& snapshot : list.snapshots) {
    auto found = known.find(snapshot.content);
    if (found == known.end()) {
      if (snapshot.entries > left) continue;
      left -= snapshot.entries;
      try {
        found = known.emplace(snapshot.content, count_kinds(store, snapshot)).first;
      } catch (const Error&) {
        continue;  // a damaged snapshot is still listed; `verify` says what is wrong with it
      }
    }
    list.kinds[snapshot.commit] = found->second;
  }
}

ListFilter filter_of(const Options& options, const Session& session) {
  ListFilter filter;
  if (!options.category.empty()) filter.category = options.category;
  for (const std::string& tag : options.tags) filter.tags.push_back(parse_tag(tag));
  if (!options.since.empty()) {
    filter.since = parse_time_option("--since", options.since, session.now()).first;
  }
  if (!options.until.empty()) {
    filter.until = parse_time_option("--until", options.until, session.now()).last;
  }
  return filter;
}

/// The path as each profile's snapshots hold it.
std::string path_of(Session& session, const Store& store, const std::string& profile,
                    const std::string& word) {
  const auto known = find_any_profile(session, &store, profile);
  if (const auto inside = known ? snapshot_path(*known, absolute_path(word)) : std::nullopt) {
    return *inside;
  }
  return word;
}

SnapshotList collect(const Options& options, Session& session, const Store& store) {
  SnapshotList list;
  const auto known = list_profiles(store);
  const auto has_snapshots = [&known](const std::string& name) {
    return std::any_of(known.begin(), known.end(),
                       [&name](const auto& one) { return one.first == name; });
  };
  if (!options.all) list.profiles = active_names(session, store);
  const bool none_here = std::none_of(list.profiles.begin(), list.profiles.end(), has_snapshots);
  if (options.all || (none_here && session.globals.profile.empty() && !known.empty())) {
    list.fell_back = !options.all;
    list.profiles.clear();
    for (const auto& [name, count] : known) list.profiles.push_back(name);
  }
  const auto is_shown = [&list](const std::string& name) {
    return std::find(list.profiles.begin(), list.profiles.end(), name) != list.profiles.end();
  };
  for (const auto& [name, count] : known) {
    if (is_shown(name)) continue;
    ++list.other_profiles;
    list.other_snapshots += count;
  }
  ListFilter filter = filter_of(options, session);
  filter.limit = options.limit;
  std::vector<std::vector<Snapshot>> lists;
  for (const std::string& name : list.profiles) {
    filter.profile = name;
    if (!options.path.empty()) filter.path = path_of(session, store, name, options.path);
    lists.push_back(list_snapshots(store, filter));
  }
  list.snapshots = merge_by_time(std::move(lists));
  if (list.snapshots.size() > options.limit) list.snapshots.resize(options.limit);
  if (options.reverse) std::reverse(list.snapshots.begin(), list.snapshots.end());
  return list;
}

Exit run(const Options& options, Session& session, ListForm form) {
  const Store store = session.open_store();
  SnapshotList list = collect(options, session, store);
  if (!session.json() && !session.view().quiet) add_kinds(store, list);
  show_list(session.view(), list, form);
  return Exit::Done;
}

void add_filters(CLI::App* cmd, Options& options) {
  cmd->add_option("--category", options.category, "only this category");
  add_repeatable(cmd, "--tag", options.tags, "only with this tag; repeatable: with all of them")
      ->type_name("KEY[=VALUE]");
  cmd->add_option("--path", options.path, "only snapshots that hold this path")->type_name("PATH");
  cmd->add_option("--since", options.since, "not older: 2026-01-08, 2026-01-08T09:30, 2d, 3h")
      ->type_name("TIME");
  cmd->add_option("--until", options.until, "not newer")->type_name("TIME");
  add_limit(cmd, options.limit);
  cmd->add_flag("--reverse", options.reverse, "oldest first");
  cmd->add_flag("--all", options.all, "of all profiles");
}

}  // namespace

void add_list(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("list", "List snapshots, newest first");
  cmd->alias("snapshots");
  add_filters(cmd, *options);
  cmd->add_flag("--long", options->is_long, "with time, commit and digest");
  cmd->footer(help_footer("stravinsky list --since 2w --limit 5",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::Denied}));
  cmd->callback([options, &session] {
    session.exit = run(*options, session, options->is_long ? ListForm::Long : ListForm::Short);
  });
}

void add_backup_list(CLI::App& group, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = group.add_subcommand("list", "List versions, newest first");
  add_filters(cmd, *options);
  cmd->footer(help_footer("stravinsky " + group.get_name() + " list --limit 5",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::Denied}));
  cmd->callback([options, &session] { session.exit = run(*options, session, ListForm::Backups); });
}

}  // namespace stravinsky::cli
