// One update of one profile. Line n may be the last one that runs; what is left then, and what the
// next writing command makes of it (settle_updates.cpp):
//   1  a mark, no event              removes the mark: nothing was changed
//   2  UPDATE_START                  UPDATE_FAILED, and the release line goes back
//   3  a journal                     recovery finishes or reverts the switch, then as 2 or 4
//   4  UPDATE_SWITCH                 nothing has verified what is live: rolls it back
//   5  UPDATE_FAILED, action INITIATING_AUTO_ROLLBACK    rolls it back
//   6  AUTO_ROLLBACK                 AUTO_ROLLBACK_SUCCESS
// Where 5 to 7 cannot be written the rollback goes on: the switch back is done under its journal,
// and recovery and settle_updates write what is missing, AUTO_ROLLBACK before UPDATE_FAILED then.
//   7  the last event                removes the mark
#include "stravinsky/update.hpp"

#include <fmt/format.h>

#include "core/random.hpp"
#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "restore/update_events.hpp"
#include "snapshots/backup_settings.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/update_snapshot.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

void require_version(const std::string& version) {
  const auto fault =
      version.empty() ? std::optional<std::string>("it is empty") : fault_of_version(version);
  if (!fault) return;
  throw Error(Errc::Invalid, fmt::format("cannot update to version {}", quoted(version)), *fault,
              "name the version that the release has");
}

void add_facts(Event& event, const UpdateFacts& facts) {
  for (const auto& [key, value] : facts) event.extra[key] = value;
}

/// Whether a switch of the profile was neither done nor taken back.
bool is_switch_waiting(const Store& store, const std::string& profile) {
  try {
    for (const std::string& name : list_interrupted(store)) {
      const auto journal = find_journal(store.parts(), name);
      if (!journal) continue;
      for (const JournalProfile& one : journal->profiles) {
        if (one.profile.name == profile) return true;
      }
    }
    return false;
  } catch (const Error&) {
    return true;  // whoever can read it decides
  }
}

}  // namespace

struct Update::Parts {
  Store& store;
  Profile profile;
  fs::Lock lock;
  UpdateMark mark;
  std::optional<BegunUpdate> begun;
  std::uint64_t bytes_added = 0;
  std::optional<Error> damage;  ///< of what was written, seen when it was read back

  Store::Parts& parts() const { return store.parts(); }

  /// What the chain says by now: other processes may have added to it.
  const BegunUpdate& refresh() {
    begun = find_begun_update(store, mark);
    if (!begun) {
      throw Error(Errc::Corrupt, fmt::format("cannot end the update {}", mark.id),
                  "the audit chain does not tell of it", "stravinsky audit verify");
    }
    return *begun;
  }
};

Update::Update(Store& store, Profile profile, std::string version) {
  require_version(version);
  store.parts().require_writable();
  fs::Lock lock = lock_update(store.parts(), profile.name);
  if (find_update_mark(store.parts(), profile.name)) {
    throw Error(Errc::Conflict, fmt::format("cannot update profile '{}'", profile.name),
                "an update of it was interrupted and waits",
                "stravinsky operations revert, or, to keep it, stravinsky operations finish");
  }
  parts_ =
      std::unique_ptr<Parts>(new Parts{store, std::move(profile), std::move(lock), {}, {}, 0, {}});
  UpdateMark& mark = parts_->mark;
  mark.id = fmt::format("upd_{:016x}", random_number());
  mark.profile = parts_->profile.name;
  mark.to_version = std::move(version);
  mark.sequence = store.parts().head().event.sequence;
  if (const auto current = find_current(store, mark.profile)) mark.from_version = current->version;
}

Update::~Update() = default;

const std::string& Update::id() const { return parts_->mark.id; }

std::uint64_t Update::bytes_added() const { return parts_->bytes_added; }

void Update::block(const std::optional<Snapshot>& before, const std::string& reason,
                   const std::vector<std::pair<std::string, std::vector<std::string>>>& names) {
  Event event = update_event(parts_->mark, kUpdateBlocked, before, before);
  event.status = "failed";
  event.extra["reason"] = event.extra["error"] = reason;
  for (const auto& [key, words] : names) event.extra[key] = words;
  record_event(parts_->parts(), std::move(event), parts_->parts().now());
}

Snapshot Update::start(const UpdateContent& content) {
  Store::Parts& parts = parts_->parts();
  UpdateMark& mark = parts_->mark;
  const Timestamp started = parts.now();
  mark.before = content.before.commit;
  mark.from_version = content.before.version;
  mark.verify = content.verify;
  mark.roll_back = content.roll_back;

  const std::vector<fs::Lock> locks = lock_profiles(parts, {mark.profile});
  const fs::Lock objects(parts.own("lock.objects"), fs::Lock::Mode::Shared,
                         parts.options.lock_wait);
  ObjectWriter writer(*parts.database, parts.tmp_dir(), compression_of(parts.config()));
  UpdateStorage storage(parts_->store, writer, parts_->profile, mark.to_version, content, started);
  write_update_mark(parts, mark);  // 1
  try {
    Publication publication(parts, writer);
    UpdateSnapshots made = storage.add_commits(publication);
    Event event = update_event(mark, kUpdateStart, content.before, content.before);
    event.extra["candidate"] = made.candidate.commit.hex();
    event.extra["release"] = made.release.commit.hex();
    event.extra["source"] = content.source;
    event.extra["changes"] = content.edits.size();
    if (made.candidate.content == content.before.content) {
      // It is live already: only its version is new.
      made.moves.push_back(publication.move_to(current_ref(mark.profile), made.candidate.commit));
      event.profiles.front().version_after = made.candidate.version;
      event.profiles.front().after = made.candidate.commit;
    }
    publication.publish(std::move(event), std::move(made.moves), started);  // 2
    try {
      remember_snapshots(parts, publication.refs(), {mark.profile});
    } catch (const Error& error) {
      parts.remark(error.what());  // it was only a cache
    }
  } catch (...) {
    if (!find_begun_update(parts_->store, mark)) remove_update_mark(parts, mark.profile);
    throw;
  }
  try {
    parts_->bytes_added = writer.totals().bytes;
    verify_written(writer, parts.config());
  } catch (const Error& error) {
    parts_->damage = error;  // ends the update before anything live is touched
  }
  return parts_->refresh().candidate;
}

InPlaceReport Update::switch_over(Progress& progress) {
  const BegunUpdate& begun = *parts_->begun;
  InPlaceTarget target;
  target.snapshot = begun.candidate;
  target.profile = parts_->profile;
  target.expected_live = begun.before.content.hex();
  InPlaceOptions options;
  options.surplus = Surplus::Remove;
  options.event_type = kUpdateSwitch;
  try {
    if (parts_->damage) throw Error(*parts_->damage);
    if (!begun.changes_files()) {
      InPlaceReport report;
      report.before = begun.before;
      report.after = begun.candidate;
      report.plan.snapshot = begun.candidate;
      return report;
    }
    return std::move(apply(parts_->store, {target}, options, progress).front());  // 3, 4
  } catch (const Error& error) {
    // It is live, or half of it is: the next command ends the switch, and then settles the update.
    if (parts_->refresh().switched != 0 || is_switch_waiting(parts_->store, target.profile.name)) {
      throw;
    }
    Event event = update_event(parts_->mark, kUpdateFailed, begun.before, begun.before);
    event.status = "failed";
    event.extra["reason"] = event.extra["error"] = error.what();
    event.extra["action"] = "NONE";
    end_update(parts_->store, *parts_->begun, std::move(event), true, false, false);
    throw;
  }
}

void Update::fail_verification(const std::string& reason) {
  const BegunUpdate& begun = parts_->refresh();
  Store::Parts& parts = parts_->store.parts();
  Event event = update_event(parts_->mark, kVerificationFailure, begun.candidate, begun.candidate);
  event.status = "failed";
  event.extra["error"] = reason;
  try {
    record_event(parts, std::move(event), parts.now());
  } catch (const Error& error) {
    parts.remark(
        fmt::format("the audit chain does not tell of the failed verification: {}", error.what()));
  }
}

void Update::succeed(bool good, const UpdateFacts& facts) {
  const BegunUpdate& begun = parts_->refresh();
  Event event = update_event(parts_->mark, kUpdateSuccess, begun.before, begun.candidate);
  event.extra["verified"] = good;
  add_facts(event, facts);
  end_update(parts_->store, begun, std::move(event), false, good, true);  // 7
}

void Update::keep_failed(const std::string& reason, const UpdateFacts& facts) {
  const BegunUpdate& begun = parts_->refresh();
  Event event = update_event(parts_->mark, kUpdateFailed, begun.before, begun.candidate);
  event.status = "failed";
  event.extra["reason"] = event.extra["error"] = reason;
  event.extra["action"] = "NONE";
  add_facts(event, facts);
  end_update(parts_->store, begun, std::move(event), true, false, true);
}

AutoRollback Update::roll_back(const std::string& reason, Progress& progress) {
  return roll_back_update(parts_->store, parts_->refresh(), parts_->profile, reason,
                          progress);  // 5, 6, 7
}

}  // namespace stravinsky
