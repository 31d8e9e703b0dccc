#include "restore/update_events.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "refs/snapshot_name.hpp"
#include "restore/finish_directories.hpp"
#include "snapshots/notes.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

std::string text_of(const Event& event, const char* key) {
  const auto found = event.extra.find(key);
  return found == event.extra.end() || !found->is_string() ? std::string()
                                                           : found->get<std::string>();
}

/// Whether it leaves this profile at anything else, done as it was to be or not.
bool leaves(const Event& event, const std::string& profile, const ObjectId& commit) {
  return std::any_of(event.profiles.begin(), event.profiles.end(), [&](const ProfileChange& one) {
    return one.profile == profile && one.after && one.after != commit;
  });
}

/// Whether it is about this profile and leaves it at a snapshot.
bool leaves_at(const Event& event, const std::string& profile, const ObjectId& commit) {
  return event.status == "success" && std::any_of(event.profiles.begin(), event.profiles.end(),
                                                  [&](const ProfileChange& change) {
                                                    return change.profile == profile &&
                                                           change.after == commit;
                                                  });
}

bool is_last(const Event& event) {
  return event.event_type == kUpdateSuccess || event.event_type == kAutoRollbackSuccess ||
         event.event_type == kAutoRollbackFailed ||
         (event.event_type == kUpdateFailed && text_of(event, "action") == "NONE");
}

/// What UPDATE_START says.
void read_start(const Store& store, const Event& event, BegunUpdate& update) {
  const auto candidate = ObjectId::from_hex(text_of(event, "candidate"));
  if (!candidate) {
    throw Error(Errc::Corrupt, fmt::format("cannot read event {}", event.sequence),
                "it names no snapshot", "stravinsky audit verify");
  }
  update.candidate = read_side(store, *candidate);
  const std::string upstream = upstream_ref(update.mark.profile).str();
  const std::string tags = fmt::format("refs/tags/{}/", update.mark.profile);
  for (const RefMove& move : event.moves) {
    if (move.name.str() == upstream) update.upstream = move;
    if (move.name.str().starts_with(tags)) update.candidate.ref = move.name.str();
  }
}

}  // namespace

std::optional<BegunUpdate> find_begun_update(const Store& store, const UpdateMark& mark) {
  Store::Parts& parts = store.parts();
  std::optional<BegunUpdate> update;
  for (const ChainLink& link : read_links_after(*parts.database, parts.head(), mark.sequence)) {
    const Event& event = link.event;
    const bool ours = text_of(event, "update") == mark.id;
    if (event.event_type == kUpdateStart && ours) {
      update.emplace();
      update->mark = mark;
      update->before = read_side(store, mark.before);
      update->before.ref = snapshot_ref(mark.profile, update->before.name).str();
      read_start(store, event, *update);
      continue;
    }
    if (!update) continue;
    // Whatever it left live is not what was before, be it not wholly the candidate either.
    if (event.event_type == kUpdateSwitch && leaves(event, mark.profile, mark.before)) {
      update->switched = event.sequence;
    }
    if (event.event_type == kAutoRollback && leaves_at(event, mark.profile, mark.before)) {
      update->rolled_back = true;
    }
    if (!ours) continue;
    update->failed = update->failed || event.event_type == kUpdateFailed;
    if (event.event_type == kVerificationFailure) update->verification = text_of(event, "error");
    update->ended = update->ended || is_last(event);
  }
  return update;
}

Event update_event(const UpdateMark& mark, const char* type, const std::optional<Snapshot>& before,
                   const std::optional<Snapshot>& after) {
  Event event;
  event.event_type = type;
  event.subject = fmt::format("{}/{}", mark.profile, mark.to_version);
  event.extra = {
      {"update", mark.id}, {"from_version", mark.from_version}, {"to_version", mark.to_version}};
  ProfileChange change;
  change.profile = mark.profile;
  if (before) {
    change.version_before = before->version;
    change.before = before->commit;
  }
  if (after) {
    change.version_after = after->version;
    change.after = after->commit;
  }
  event.profiles.push_back(std::move(change));
  return event;
}

std::vector<RefMove> moves_of_failure(Store::Parts& parts, ObjectWriter& writer,
                                      const Publication& publication, const BegunUpdate& update,
                                      bool stays_live) {
  const std::string& profile = update.mark.profile;
  std::vector<RefMove> moves;
  const bool still_there = publication.find(RefName::parse(update.candidate.ref)) ==
                           std::optional(update.candidate.commit);
  if (still_there) {
    const RefName notes = notes_ref(profile);
    const auto head = publication.find(notes);
    Notes content = read_notes(*parts.database, head);
    Note& note = content[update.candidate.commit];
    if (!note.tags) note.tags = update.candidate.tags;
    std::erase_if(*note.tags, [](const Tag& tag) { return tag.first == "update"; });
    note.tags->emplace_back("update", "failed");
    moves.push_back(publication.move_to(
        notes, write_notes(writer, content, head, parts.options.user, parts.principal(),
                           parts.now(), fmt::format("TAG {}/{}", profile, update.candidate.name))));
  }
  if (stays_live) return moves;
  if (update.upstream && publication.find(update.upstream->name) == update.upstream->target) {
    moves.push_back(publication.move_to(update.upstream->name, update.upstream->expected));
  }
  const RefName current = current_ref(profile);
  if (!update.changes_files() &&
      publication.find(current) == std::optional(update.candidate.commit)) {
    moves.push_back(publication.move_to(current, update.before.commit));
  }
  return moves;
}

void end_update(Store& store, const BegunUpdate& update, Event event, bool failed, bool good,
                bool stays_live) {
  Store::Parts& parts = store.parts();
  {
    const std::vector<fs::Lock> locks = lock_profiles(parts, {update.mark.profile});
    Publishing publishing(parts);
    Publication& publication = publishing.publication;
    std::vector<RefMove> moves;
    if (failed) moves = moves_of_failure(parts, publishing.writer, publication, update, stays_live);
    if (good) {
      moves.push_back(publication.move_to(good_ref(update.mark.profile), update.candidate.commit));
    }
    publication.publish(std::move(event), std::move(moves), parts.now());
  }
  remove_update_mark(parts, update.mark.profile);
}

namespace {

/// Brings back what was live. @returns why that failed; empty: it did not
std::string bring_back(Store& store, const BegunUpdate& update, const Profile& profile,
                       AutoRollback& result, Progress& progress) {
  InPlaceTarget target;
  target.snapshot = update.before;
  target.profile = profile;
  InPlaceOptions options;
  options.surplus = Surplus::Remove;
  options.event_type = kAutoRollback;
  options.undoes = update.switched;
  try {
    result.reports = apply(store, {target}, options, progress);
  } catch (const Error& error) {
    return error.what();
  }
  const InPlaceReport& report = result.reports.front();
  if (report.after && report.after->content == update.before.content) return {};
  std::string reason = "the live tree is not what it was before";
  for (const RestoreIssue& issue : report.issues) {
    reason += fmt::format("; {}: {}", quoted(issue.path.empty() ? "." : issue.path), issue.reason);
  }
  return reason;
}

}  // namespace

AutoRollback roll_back_update(Store& store, BegunUpdate update, const Profile& profile,
                              const std::string& reason, Progress& progress) {
  Store::Parts& parts = store.parts();
  AutoRollback result;
  result.rolled_back_to = update.before.name;
  result.version = update.before.version;
  if (!update.failed) {
    Event failed = update_event(update.mark, kUpdateFailed, update.before, update.candidate);
    failed.status = "failed";
    failed.extra["reason"] = failed.extra["error"] = reason;
    failed.extra["action"] = "INITIATING_AUTO_ROLLBACK";
    try {
      record_event(parts, std::move(failed), parts.now());
    } catch (const Error& error) {
      // What is live is wrong: that is not to wait for the chain. `settle_updates` tells it.
      parts.remark(
          fmt::format("the audit chain does not tell of the failure yet: {}", error.what()));
    }
  }
  if (update.changes_files() && !update.rolled_back) {
    result.reason = bring_back(store, update, profile, result, progress);
  }
  result.success = result.reason.empty();
  const std::optional<Snapshot> after = result.success           ? update.before
                                        : result.reports.empty() ? update.candidate
                                                                 : result.reports.front().after;
  Event event =
      update_event(update.mark, result.success ? kAutoRollbackSuccess : kAutoRollbackFailed,
                   update.candidate, after);
  event.extra["success"] = result.success;
  event.extra["reason"] = reason;
  event.extra["rolled_back_to"] = update.before.name;
  if (!result.success) {
    event.status = "failed";
    event.extra["level"] = "critical";
    event.extra["error"] = result.reason;
  }
  try {
    end_update(store, update, std::move(event), true, false, !result.success);
  } catch (const Error& error) {
    if (!result.success) throw;
    parts.remark(
        fmt::format("rolled back, but the audit chain does not tell of it yet: {}; the "
                    "next writing command records it",
                    error.what()));
  }
  return result;
}

}  // namespace stravinsky
