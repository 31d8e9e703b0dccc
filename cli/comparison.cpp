#include "comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "live_content.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

/// Where the names of both sides of a comparison can be looked up.
struct Sides {
  SnapshotTree from;
  std::optional<SnapshotTree> to;
  std::optional<Profile> live;

  bool has(const std::string& path) const {
    if (path.empty() || from.find(path)) return true;
    if (to) return to->find(path).has_value();
    const auto file = live ? live_path(*live, path) : std::nullopt;
    std::error_code failed;
    return file && std::filesystem::symlink_status(*file, failed).type() !=
                       std::filesystem::file_type::not_found;
  }
};

Error nowhere(Session& session, const Store& store, const std::vector<Comparison>& comparisons,
              const std::string& word) {
  std::vector<Snapshot> snapshots;
  for (const Comparison& one : comparisons) snapshots.push_back(one.from);
  const Error stored = no_such_path(session, store, word, snapshots);
  const bool live = !comparisons.front().to;
  return live ? Error(Errc::NotFound, fmt::format("cannot compare {}", quoted(word)),
                      "it is neither live nor in a snapshot that is compared", stored.remedy())
              : Error(Errc::NotFound, fmt::format("cannot compare {}", quoted(word)),
                      "none of the snapshots has it", stored.remedy());
}

/// For each comparison the paths that the words mean there.
std::vector<std::vector<std::string>> paths_of(Session& session, const Store& store,
                                               const std::vector<Comparison>& comparisons,
                                               const std::vector<std::string>& words) {
  std::vector<std::string> profiles;
  std::vector<Sides> sides;
  for (const Comparison& one : comparisons) {
    profiles.push_back(one.from.profile);
    Sides& both = sides.emplace_back(Sides{SnapshotTree(store, one.from), std::nullopt, {}});
    if (one.to) {
      both.to.emplace(store, *one.to);
    } else {
      both.live = find_any_profile(session, &store, one.from.profile);
    }
  }
  std::vector<std::vector<std::string>> paths(comparisons.size());
  for (const std::string& word : words) {
    const auto found =
        locate(session, store, word, profiles,
               [&](std::size_t i, const std::string& path) { return sides[i].has(path); });
    bool any = false;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) continue;
      any = true;
      paths[i].push_back(*found[i]);
    }
    if (!any) throw nowhere(session, store, comparisons, word);
  }
  return paths;
}

ChangeReport compare(Session& session, const Store& store, const Comparison& comparison,
                     const DiffOptions& options, std::size_t trees) {
  const Snapshot& from = comparison.from;
  if (comparison.to) {
    return {.from = from,
            .to = comparison.to,
            .changes = diff(store, from, *comparison.to, options),
            .losses = {},
            .content = stored_contents(store, from, *comparison.to)};
  }
  const Profile profile = profile_of(session, store, from.profile);
  LiveDiff live =
      diff_live(store, from, profile, {}, options, session.progress("comparing", trees));
  return {.from = from,
          .to = std::nullopt,
          .changes = std::move(live.changes),
          .losses = std::move(live.losses),
          .content = live_contents(store, from, profile)};
}

}  // namespace

std::vector<ChangeReport> compare_all(Session& session, const Store& store,
                                      const std::vector<Comparison>& comparisons,
                                      const std::vector<std::string>& words, bool content_only) {
  const auto paths = paths_of(session, store, comparisons, words);
  if (session.view().end == '\0') {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
      if (words.empty() || !paths[i].empty()) names.push_back(comparisons[i].from.profile);
    }
    require_one_profile(session, names);
  }
  std::vector<ChangeReport> reports;
  std::vector<Profile> missing;
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    if (!words.empty() && paths[i].empty()) continue;
    if (!comparisons[i].to) {
      const Profile profile = profile_of(session, store, comparisons[i].from.profile);
      if (const auto why = why_nothing_live(profile)) {
        missing.push_back(profile);
        ChangeReport& report = reports.emplace_back();
        report.from = comparisons[i].from;
        report.losses.push_back({".", Loss::Kind::Vanished, *why});
        continue;
      }
    }
    reports.push_back(compare(session, store, comparisons[i],
                              {.paths = paths[i], .content_only = content_only},
                              comparisons.size()));
  }
  if (missing.size() == reports.size()) require_live(missing.front());
  return reports;
}

std::vector<Comparison> current_against_live(Session& session, const Store& store) {
  std::vector<Comparison> found;
  std::vector<std::string> without;
  for (const Profile& profile : active_profiles(session, &store)) {
    if (auto current = find_current(store, profile.name)) {
      found.push_back({*std::move(current), std::nullopt});
    } else {
      without.push_back(profile.name);
    }
  }
  if (found.empty() && store.is_clone()) {
    throw Error(Errc::NotFound, fmt::format("cannot compare profile {}", fmt::join(without, ", ")),
                "a clone of a store does not carry which snapshot is current",
                fmt::format("compare with the newest: {} diff latest", session.command()));
  }
  if (found.empty()) {
    throw Error(Errc::NotFound, fmt::format("cannot compare profile {}", fmt::join(without, ", ")),
                "it has no current snapshot", "make one: stravinsky snapshot");
  }
  for (const std::string& name : without) {
    session.talk(fmt::format("profile {}: no snapshot yet, nothing to compare with", name));
  }
  return found;
}

Exit end_comparison(Session& session, const std::vector<ChangeReport>& reports, bool exit_code) {
  bool differs = false, lost = false;
  for (const ChangeReport& report : reports) {
    differs = differs || !report.changes.empty();
    lost = lost || !report.losses.empty();
    for (const Loss& loss : report.losses) {
      session.talk(fmt::format(
          "warning: not read: {}: {}",
          reports.size() > 1 ? report.from.profile + ": " + shown(loss.path) : shown(loss.path),
          shown(loss.reason)));
    }
  }
  // "No differences" can only be said of what was read.
  if (exit_code && differs) return Exit::Failure;
  if (exit_code) return lost ? Exit::ComparisonFailed : Exit::Done;
  return lost ? Exit::Partial : Exit::Done;
}

}  // namespace stravinsky::cli
