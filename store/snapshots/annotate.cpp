#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/names.hpp"
#include "snapshots/notes.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/recovery.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {
namespace {

/// One audited change of a profile's notes and, perhaps, of a tag.
class Change {
 public:
  Change(Store& store, const Snapshot& snapshot)
      : parts_(store.parts()),
        snapshot_(snapshot),
        started_((parts_.require_writable(), parts_.now())),
        profile_lock_(parts_.own("lock.profile." + snapshot.profile), fs::Lock::Mode::Exclusive,
                      parts_.options.lock_wait),
        objects_lock_(parts_.own("lock.objects"), fs::Lock::Mode::Shared, parts_.options.lock_wait),
        writer_(*parts_.database, parts_.tmp_dir(), Compression::Fast),
        publication_(parts_, writer_),
        head_(publication_.find(notes_ref(snapshot.profile))),
        notes_(read_notes(*parts_.database, head_)) {
    if (publication_.find(RefName::parse(snapshot.ref)) != snapshot.commit) {
      throw Error(Errc::Conflict, fmt::format("cannot change {}", quoted(snapshot.name)),
                  "it was renamed or forgotten meanwhile", "run the command again");
    }
  }

  Note& note() { return notes_[snapshot_.commit]; }
  const Publication& publication() const { return publication_; }
  const Notes& notes() const { return notes_; }

  void publish(const std::string& type, const std::string& name, std::vector<RefMove> moves) {
    const std::string subject = fmt::format("{}/{}", snapshot_.profile, name);
    const ObjectId notes = write_notes(writer_, notes_, head_, parts_.options.user,
                                       parts_.principal(), parts_.now(), type + " " + subject);
    moves.push_back(publication_.move_to(notes_ref(snapshot_.profile), notes));
    Event event;
    event.event_type = type;
    event.subject = subject;
    const auto current = publication_.find(current_ref(snapshot_.profile));
    event.profiles.push_back(
        {snapshot_.profile, snapshot_.version, snapshot_.version, current, current});
    event.extra["snapshot"] = snapshot_.commit.hex();
    publication_.publish(std::move(event), std::move(moves), started_);
  }

  Snapshot result(const std::string& ref) {
    return read_snapshot(parts_, *parts_.read_refs(), ref, snapshot_.commit);
  }

 private:
  Store::Parts& parts_;
  const Snapshot& snapshot_;
  Timestamp started_;
  fs::Lock profile_lock_, objects_lock_;
  ObjectWriter writer_;
  Publication publication_;
  std::optional<ObjectId> head_;
  Notes notes_;
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

}  // namespace

std::string event_type_of(const Annotation& annotation) {
  if (annotation.pinned) return *annotation.pinned ? "PIN" : "UNPIN";
  return annotation.description ? "DESCRIBE" : "TAG";
}

Snapshot annotate(Store& store, const Snapshot& snapshot, const Annotation& annotation) {
  if (annotation.description) require_text(*annotation.description, "description");
  Change change(store, snapshot);
  Note& note = change.note();
  if (annotation.description) note.description = annotation.description;
  if (!annotation.add_tags.empty() || !annotation.remove_tags.empty()) {
    if (!note.tags) note.tags = snapshot.tags;
    change_tags(*note.tags, annotation);
  }
  if (annotation.pinned) note.pinned = *annotation.pinned;
  change.publish(event_type_of(annotation), snapshot.name, {});
  return change.result(snapshot.ref);
}

Snapshot quarantine(Store& store, const Snapshot& snapshot, bool quarantined) {
  Change change(store, snapshot);
  change.note().quarantined = quarantined;
  change.publish("QUARANTINE", snapshot.name, {});
  return change.result(snapshot.ref);
}

Snapshot rename(Store& store, const Snapshot& snapshot, const std::string& new_name) {
  require_name(new_name);
  Change change(store, snapshot);
  std::vector<std::string>& earlier = change.note().renamed_from;
  // A name is one snapshot's for ever: so this one's earlier names are free to it, and to no other.
  const auto is_new_name = [&](const std::string& name) {
    return fold_case(name) == fold_case(new_name);
  };
  if (is_new_name(snapshot.name)) {
    throw Error(Errc::Exists, fmt::format("cannot name the snapshot {}", quoted(new_name)),
                "it has that name already", "choose another name");
  }
  const bool own = std::any_of(earlier.begin(), earlier.end(), is_new_name);
  const RefMap& refs = change.publication().refs();
  if (!own && UsedNames(refs, snapshot.profile, change.notes()).contains(new_name)) {
    throw Error(Errc::Exists, fmt::format("cannot name the snapshot {}", quoted(new_name)),
                "the name is or was another snapshot's", "choose another name");
  }
  std::erase_if(earlier, is_new_name);
  earlier.push_back(snapshot.name);
  const RefName target = snapshot_ref(snapshot.profile, new_name);
  change.publish("RENAME", new_name,
                 {change.publication().move_to(RefName::parse(snapshot.ref), std::nullopt),
                  change.publication().move_to(target, snapshot.commit)});
  return change.result(target.str());
}

}  // namespace stravinsky
