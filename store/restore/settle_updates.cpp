// Whoever gets the lock of an update owns its mark: its process is dead. Every step is told by the
// chain, so that this too may be cut short anywhere and done again.
#include <fmt/format.h>

#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "restore/recovery_attempt.hpp"
#include "restore/update_events.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// The live roots as the snapshot of the update knows them.
Profile live_profile(const Store& store, const std::string& name) {
  auto profile = find_recorded_profile(store, name);
  if (!profile) {
    throw Error(Errc::NotFound, fmt::format("cannot roll back profile '{}'", name),
                "it has no snapshot", "see `stravinsky operations`");
  }
  return *profile;
}

std::string described(const UpdateMark& mark) {
  return fmt::format("the interrupted update of {} from {} to {}", mark.profile, mark.from_version,
                     mark.to_version);
}

/// Ends one update whose lock is held. @returns what to say; empty: nothing new
std::string settle(Store& store, const UpdateMark& mark, Settling how, Progress& progress) {
  const auto update = find_begun_update(store, mark);
  if (!update || update->ended) {
    remove_update_mark(store.parts(), mark.profile);
    return update ? std::string() : fmt::format("{}: nothing had been changed", described(mark));
  }
  const bool is_live = update->switched != 0 || !update->changes_files();
  if (!is_live) {
    Event event = update_event(mark, kUpdateFailed, update->before, update->before);
    event.status = "failed";
    event.extra["reason"] = event.extra["error"] = "interrupted before the switch";
    event.extra["action"] = "NONE";
    end_update(store, *update, std::move(event), true, false, false);
    return fmt::format("{}: nothing live had been changed", described(mark));
  }
  const bool is_known_bad = !update->verification.empty();
  const std::string reason =
      is_known_bad ? update->verification : "interrupted before it was verified";
  const bool rolls_back = update->failed || update->rolled_back ||
                          (mark.verify && mark.roll_back && how == Settling::RollBack);
  if (rolls_back) {
    const AutoRollback done =
        roll_back_update(store, *update, live_profile(store, mark.profile), reason, progress);
    const char* verdict = is_known_bad ? "did not pass" : "had not been verified";
    if (done.success) {
      std::string line = fmt::format("{} {}: rolled back to {} ({})", described(mark), verdict,
                                     done.rolled_back_to, done.version);
      for (const InPlaceReport& one : done.reports) {
        if (!one.backup_created) continue;
        line += fmt::format("; what was live until then is in {}/{}", one.before->profile,
                            one.before->name);
      }
      return line;
    }
    return fmt::format("{} {}, and could not be rolled back: {}", described(mark), verdict,
                       done.reason);
  }
  const bool passed = !is_known_bad && (!mark.verify || how == Settling::Keep);
  Event event = update_event(mark, passed ? kUpdateSuccess : kUpdateFailed, update->before,
                             update->candidate);
  event.extra["verified"] = false;
  if (!passed) {
    event.status = "failed";
    event.extra["reason"] = event.extra["error"] = reason;
    event.extra["action"] = "NONE";
  }
  end_update(store, *update, std::move(event), !passed, false, true);
  const char* verdict = is_known_bad  ? ", and did not pass its checks"
                        : mark.verify ? ", and nothing has verified it"
                                      : "";
  return fmt::format("{} is live{}", described(mark), verdict);
}

/// Releases that were being unpacked. The lock is taken while each is removed.
void remove_abandoned_staging(const Store::Parts& parts) {
  constexpr std::string_view kPrefix = "staging.";
  for (const fs::DirectoryEntry& entry : fs::list_directory(parts.own(""))) {
    if (!entry.name.starts_with(kPrefix)) continue;
    const std::string profile = entry.name.substr(kPrefix.size());
    if (!is_profile_name(profile)) continue;
    const auto lock = try_lock_update(parts, profile);
    if (lock) fs::remove_tree(parts.own(entry.name));
  }
}

/// Empty: it has ended.
std::optional<UnsettledUpdate> look_at(const Store& store, const std::string& profile) {
  const Store::Parts& parts = store.parts();
  const auto mark = find_update_mark(parts, profile);
  if (!mark) return std::nullopt;
  UnsettledUpdate one;
  one.id = mark->id;
  one.profile = profile;
  one.from_version = mark->from_version;
  one.to_version = mark->to_version;
  one.is_running = !try_lock_update(parts, profile);
  if (const auto update = find_begun_update(store, *mark)) {
    if (update->ended) return std::nullopt;
    one.before = update->before.name;
    one.is_switched = update->switched != 0 && !update->rolled_back;
  }
  return one;
}

}  // namespace

std::vector<UnsettledUpdate> list_unsettled_updates(const Store& store) {
  Store::Parts& parts = store.parts();
  std::vector<UnsettledUpdate> all;
  for (const std::string& profile : list_update_marks(parts)) {
    try {
      if (auto one = look_at(store, profile)) all.push_back(*std::move(one));
    } catch (const Error& error) {
      parts.remark(error.what());
    }
  }
  return all;
}

std::vector<std::string> settle_updates(Store& store, Settling how, Progress& progress) {
  Store::Parts& parts = store.parts();
  std::vector<std::string> lines;
  remove_abandoned_staging(parts);
  for (const std::string& profile : list_update_marks(parts)) {
    const auto lock = try_lock_update(parts, profile);
    if (!lock) continue;
    try {
      // Under the lock it may be gone.
      const auto mark = find_update_mark(parts, profile);
      if (!mark) continue;
      std::string line = settle(store, *mark, how, progress);
      if (!line.empty()) lines.push_back(std::move(line));
    } catch (const Error& error) {
      if (error.code() == Errc::Cancelled) throw;
      lines.push_back(fmt::format("cannot end the update of {}: {}; see `stravinsky operations`",
                                  profile, error.what()));
      record_recovery_attempt(store, "the update of " + profile, error);
    }
  }
  return lines;
}

}  // namespace stravinsky
