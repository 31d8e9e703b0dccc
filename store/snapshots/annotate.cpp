#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/names.hpp"
#include "snapshots/notes.hpp"
#include "stravinsky/annotation.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/recovery.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {
namespace {

/// Every snapshot once, in their order.
std::vector<Snapshot> distinct(const std::vector<Snapshot>& snapshots) {
  std::vector<Snapshot> found;
  for (const Snapshot& snapshot : snapshots) {
    if (std::none_of(found.begin(), found.end(),
                     [&](const Snapshot& other) { return other.ref == snapshot.ref; })) {
      found.push_back(snapshot);
    }
  }
  return found;
}

/// Sorted, each once: a second lock on one profile would wait for the first for ever.
std::vector<std::string> profile_names(const std::vector<Snapshot>& snapshots) {
  std::set<std::string> names;
  for (const Snapshot& snapshot : snapshots) names.insert(snapshot.profile);
  return {names.begin(), names.end()};
}

/// One audited change of the notes of one or several profiles and, perhaps, of tags.
class Change {
 public:
  Change(Store& store, const std::vector<Snapshot>& snapshots)
      : parts_(store.parts()),
        snapshots_(distinct(snapshots)),
        started_((parts_.require_writable(), parts_.now())),
        profile_locks_(lock_profiles(parts_, profile_names(snapshots_))),
        publishing_(parts_) {
    for (const Snapshot& snapshot : snapshots_) {
      if (publishing_.publication.find(RefName::parse(snapshot.ref)) != snapshot.commit) {
        throw Error(Errc::Conflict, fmt::format("cannot change {}", quoted(snapshot.name)),
                    "it was renamed or forgotten meanwhile", "run the command again");
      }
      const auto [place, is_new] = notes_.try_emplace(snapshot.profile);
      if (!is_new) continue;
      place->second.head = publishing_.publication.find(notes_ref(snapshot.profile));
      place->second.notes = read_notes(*parts_.database, place->second.head);
    }
  }

  const std::vector<Snapshot>& snapshots() const { return snapshots_; }
  Note& note(const Snapshot& snapshot) {
    return notes_.at(snapshot.profile).notes[snapshot.commit];
  }
  const Publication& publication() const { return publishing_.publication; }
  const Notes& notes(const std::string& profile) const { return notes_.at(profile).notes; }

  /// A further member of the event.
  void tell(const char* key, const std::string& value) { extra_[key] = value; }
  /// @param new_name  of all snapshots; empty: they keep theirs
  void publish(const std::string& type, const std::string& new_name, std::vector<RefMove> moves) {
    Event event = describe(type, new_name);
    event.extra.update(extra_);
    for (auto& [profile, change] : notes_) {
      const ObjectId notes =
          write_notes(publishing_.writer, change.notes, change.head, parts_.options.user,
                      parts_.principal(), parts_.now(), type + " " + subject_in(profile, new_name));
      moves.push_back(publishing_.publication.move_to(notes_ref(profile), notes));
    }
    publishing_.publication.publish(std::move(event), std::move(moves), started_);
  }

  /// @param refs  where the snapshots are now, in their order
  std::vector<Snapshot> results(const std::vector<std::string>& refs) {
    const auto all = parts_.read_refs();
    std::vector<Snapshot> results;
    for (std::size_t i = 0; i < refs.size(); ++i) {
      results.push_back(read_snapshot(parts_, *all, refs[i], snapshots_[i].commit));
    }
    return results;
  }

  std::vector<Snapshot> results() {
    std::vector<std::string> refs;
    for (const Snapshot& snapshot : snapshots_) refs.push_back(snapshot.ref);
    return results(refs);
  }

 private:
  struct ProfileNotes {
    std::optional<ObjectId> head;
    Notes notes;
  };

  /// The snapshots of a profile, or of all, as the event names them.
  std::string subject_in(const std::string& profile, const std::string& new_name) const {
    std::string subject;
    for (const Snapshot& snapshot : snapshots_) {
      if (!profile.empty() && snapshot.profile != profile) continue;
      if (!subject.empty()) subject += " ";
      subject +=
          fmt::format("{}/{}", snapshot.profile, new_name.empty() ? snapshot.name : new_name);
    }
    return subject;
  }

  Event describe(const std::string& type, const std::string& new_name) const {
    Event event;
    event.event_type = type;
    event.subject = subject_in("", new_name);
    event.extra["snapshot"] = snapshots_.front().commit.hex();
    std::set<std::string> said;
    nlohmann::json commits = nlohmann::json::array();
    for (const Snapshot& snapshot : snapshots_) {
      commits.push_back(snapshot.commit.hex());
      if (!said.insert(snapshot.profile).second) continue;
      const auto current = publishing_.publication.find(current_ref(snapshot.profile));
      event.profiles.push_back(
          {snapshot.profile, snapshot.version, snapshot.version, current, current});
    }
    if (commits.size() > 1) event.extra["snapshots"] = std::move(commits);
    return event;
  }

  Store::Parts& parts_;
  const std::vector<Snapshot> snapshots_;
  Timestamp started_;
  std::vector<fs::Lock> profile_locks_;
  Publishing publishing_;
  nlohmann::json extra_ = nlohmann::json::object();
  std::map<std::string, ProfileNotes> notes_;  ///< by profile
};

void change_tags(std::vector<Tag>& tags, const Annotation& annotation) {
  for (const std::string& key : annotation.remove_tags) {
    std::erase_if(tags, [&](const Tag& tag) { return tag.first == key; });
  }
  for (const Tag& added : annotation.add_tags) {
    require_one_line(added.first, "tag");
    require_one_line(added.second, "tag");
    std::erase_if(tags, [&](const Tag& tag) { return tag.first == added.first; });
    tags.push_back(added);
  }
}

/// Moves a snapshot's tag to another name, and notes the one it had.
std::string rename_within(Change& change, const Snapshot& snapshot, const std::string& new_name,
                          std::vector<RefMove>& moves) {
  const std::string what = fmt::format("cannot name the snapshot {}", quoted(new_name));
  const std::string where =
      change.snapshots().size() > 1 ? " in profile " + snapshot.profile : std::string();
  std::vector<std::string>& earlier = change.note(snapshot).renamed_from;
  // A name is one snapshot's for ever: so this one's earlier names are free to it, and to no other.
  const auto is_new_name = [&](const std::string& name) {
    return are_equal_folded(name, new_name);
  };
  if (is_new_name(snapshot.name)) {
    throw Error(Errc::Exists, what, "it has that name already" + where, "choose another name");
  }
  const bool own = std::any_of(earlier.begin(), earlier.end(), is_new_name);
  const RefMap& refs = change.publication().refs();
  if (!own &&
      UsedNames(refs, snapshot.profile, change.notes(snapshot.profile)).contains(new_name)) {
    throw Error(Errc::Exists, what, "the name is or was another snapshot's" + where,
                "choose another name");
  }
  std::erase_if(earlier, is_new_name);
  earlier.push_back(snapshot.name);
  const RefName target = snapshot_ref(snapshot.profile, new_name);
  moves.push_back(change.publication().move_to(RefName::parse(snapshot.ref), std::nullopt));
  moves.push_back(change.publication().move_to(target, snapshot.commit));
  return target.str();
}

}  // namespace

std::string event_type_of(const Annotation& annotation) {
  if (annotation.pinned) return *annotation.pinned ? "PIN" : "UNPIN";
  return annotation.description ? "DESCRIBE" : "TAG";
}

std::vector<Snapshot> annotate(Store& store, const std::vector<Snapshot>& snapshots,
                               const Annotation& annotation) {
  if (annotation.description) require_text(*annotation.description, "description");
  Change change(store, snapshots);
  for (const Snapshot& snapshot : change.snapshots()) {
    Note& note = change.note(snapshot);
    if (annotation.description) note.description = annotation.description;
    if (!annotation.add_tags.empty() || !annotation.remove_tags.empty()) {
      if (!note.tags) note.tags = snapshot.tags;
      change_tags(*note.tags, annotation);
    }
    if (annotation.pinned) note.pinned = *annotation.pinned;
  }
  change.publish(event_type_of(annotation), "", {});
  return change.results();
}

Snapshot annotate(Store& store, const Snapshot& snapshot, const Annotation& annotation) {
  return annotate(store, std::vector{snapshot}, annotation).front();
}

Snapshot quarantine(Store& store, const Snapshot& snapshot, const std::string& damage) {
  Change change(store, {snapshot});
  change.note(snapshot).quarantined = true;
  change.tell("damage", damage);
  change.publish("CORRUPTED_BACKUP", "", {});
  return change.results().front();
}

std::vector<Snapshot> rename(Store& store, const std::vector<Snapshot>& snapshots,
                             const std::string& new_name) {
  require_name(new_name);
  Change change(store, snapshots);
  if (profile_names(snapshots).size() != change.snapshots().size()) {
    throw Error(Errc::Invalid, fmt::format("cannot name two snapshots {}", quoted(new_name)),
                "they are of one profile", "choose a name for each");
  }
  std::vector<RefMove> moves;
  std::vector<std::string> refs;
  for (const Snapshot& snapshot : change.snapshots()) {
    refs.push_back(rename_within(change, snapshot, new_name, moves));
  }
  change.publish("RENAME", new_name, std::move(moves));
  return change.results(refs);
}

Snapshot rename(Store& store, const Snapshot& snapshot, const std::string& new_name) {
  return rename(store, std::vector{snapshot}, new_name).front();
}

}  // namespace stravinsky
