#include "in_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "present/words.hpp"
#include "profiles.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {

void require_no_release(const Session& session, const Snapshot& snapshot, const std::string& what) {
  if (snapshot.ref.starts_with("refs/tags/")) return;
  throw Error(Errc::Invalid, fmt::format("cannot {} {}", what, shown(snapshot.name)),
              "it is a release as delivered, and was never live",
              fmt::format("{} update {} --from {} --replace, or name the version {}",
                          session.command(), shell_word(snapshot.version),
                          shell_word(snapshot.name), shell_word(snapshot.version)));
}

InPlaceTarget in_place_target(Session& session, const Store& store, Snapshot snapshot,
                              std::vector<std::string> paths) {
  require_no_release(session, snapshot, "bring back in place");
  InPlaceTarget target;
  target.profile = profile_of(session, store, snapshot.profile);
  if (target.profile.roots.empty()) {
    throw Error(
        Errc::Invalid, fmt::format("cannot bring back {} in place", shown(snapshot.name)),
        "it was taken of a stream",
        fmt::format("{} checkout {} --to DIR", session.command(), shell_word(snapshot.name)));
  }
  target.snapshot = std::move(snapshot);
  target.paths = std::move(paths);
  return target;
}

void attempt_in_place(Session& session, const Store& store,
                      const std::vector<InPlaceTarget>& targets, const std::string& event_type) {
  std::string subject;
  std::vector<std::string> profiles;
  for (const InPlaceTarget& target : targets) {
    if (!subject.empty()) subject += " ";
    subject += fmt::format("{}/{}", target.snapshot.profile, target.snapshot.name);
    profiles.push_back(target.snapshot.profile);
  }
  session.attempt(store, event_type, std::move(subject), std::move(profiles));
}

Exit judge_in_place(Session& session, const std::vector<InPlaceReport>& reports) {
  Exit exit = Exit::Done;
  for (const InPlaceReport& report : reports) {
    const Snapshot& snapshot = report.plan.snapshot;
    if (report.backup_created) {
      session.achieved(
          fmt::format("{}/{} holds what was live", snapshot.profile, shown(report.before->name)));
    }
    if (report.plan.changes_anything) {
      session.achieved(
          fmt::format("{}/{} was brought back", snapshot.profile, shown(snapshot.name)));
    }
    if (!report.issues.empty() || !report.in_use.empty()) exit = Exit::Partial;
    for (const Loss& loss : report.losses) {
      exit = Exit::Partial;
      session.warn(
          fmt::format("not captured, so left alone: {}: {}", shown(loss.path), shown(loss.reason)));
    }
  }
  return exit;
}

HookFacts target_facts(const std::vector<InPlaceTarget>& targets) {
  if (targets.empty()) return {};
  const Snapshot& first = targets.front().snapshot;
  return {{"SNAPSHOT", first.name}, {"TO_VERSION", first.version}};
}

void tell_in_place(HookFacts& facts, const std::vector<InPlaceReport>& reports) {
  if (reports.empty()) return;
  const InPlaceReport& first = reports.front();
  if (first.before) facts.emplace_back("FROM_VERSION", first.before->version);
  if (first.backup_created) facts.emplace_back("BACKUP", first.before->name);
}

ChangedPaths changed_by(const std::vector<InPlaceReport>& reports) {
  ChangedPaths changed;
  for (const InPlaceReport& report : reports) {
    std::vector<std::string>& paths = changed[report.plan.snapshot.profile];
    for (const PlanItem& item : report.plan.items) {
      const bool is_changed = item.action == PlanItem::Action::Modify ||
                              item.action == PlanItem::Action::Create ||
                              item.action == PlanItem::Action::Delete;
      if (is_changed && item.type != EntryType::Directory) paths.push_back(item.path);
    }
  }
  // What was changed twice, as by a fall back, is told of once.
  for (auto& [profile, paths] : changed) {
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  }
  return changed;
}

std::vector<Profile> profiles_of(const std::vector<InPlaceTarget>& targets) {
  std::vector<Profile> profiles;
  for (const InPlaceTarget& target : targets) profiles.push_back(target.profile);
  return profiles;
}

void finish_in_place(Session& session, Store& store, const std::vector<InPlaceReport>& reports) {
  std::uint64_t bytes_added = 0;
  for (const InPlaceReport& report : reports) bytes_added += report.bytes_added;
  session.finish_writing(store, bytes_added);
}

}  // namespace stravinsky::cli
