#include "snapshots/write_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "objects/tree_object.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/manifest.hpp"
#include "snapshots/names.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// The tree of the live entries alone, in the writer's pack or in the store.
std::vector<TreeEntry> top_entries(const Capture& taken, const ObjectDatabase& database) {
  if (taken.top_entries) return *taken.top_entries;
  const ObjectId& tree = taken.scan.top.tree;
  if (tree == kEmptyTree) return {};
  return parse_tree(database.read(tree, ObjectType::Tree).bytes, tree);
}

std::string version_of(const Capture& taken, const std::string& name) {
  if (!taken.options->version_label.empty()) return taken.options->version_label;
  // A snapshot without a version of its own is of the version that it grew out of; one that was
  // only named after itself, under this name or an earlier one, leaves no version behind.
  if (taken.current) {
    const Snapshot& from = *taken.current;
    const auto& names = from.renamed_from;
    const bool own = from.version == from.name ||
                     std::find(names.begin(), names.end(), from.version) != names.end();
    if (!own) return from.version;
  }
  return name;
}

void describe(Capture& taken, const std::string& name, Timestamp started) {
  const CreateOptions& options = *taken.options;
  Snapshot& made = taken.made;
  made.profile = options.profile.name;
  made.name = name;
  made.version = version_of(taken, name);
  made.snapshot_class = options.snapshot_class;
  made.time = std::chrono::floor<std::chrono::seconds>(started);
  made.description = options.description;
  made.category = options.category;
  made.tags = options.tags;
  made.pinned = options.pin;
  made.content = taken.scan.top.digest;
  made.entries = taken.scan.entries;
  made.bytes = taken.scan.bytes;
  made.losses = taken.scan.losses.size();
  made.tool = fmt::format("stravinsky {}", library_version());
  if (taken.side != nullptr) {
    if (taken.side->before) made.derived_from = taken.side->before->commit;
    made.restores = taken.side->target.commit;
  }
}

}  // namespace

ProfileChange change_of(const std::string& profile, const std::optional<Snapshot>& before,
                        const Snapshot& after) {
  ProfileChange change;
  change.profile = profile;
  change.version_before = before ? before->version : "";
  change.version_after = after.version;
  if (before) change.before = before->commit;
  change.after = after.commit;
  return change;
}

std::string choose_name(const std::vector<Capture*>& captures, const Store::Parts& parts,
                        const Publication& publication, Timestamp started) {
  std::vector<UsedNames> used;
  for (const Capture* taken : captures) {
    const std::string& profile = taken->options->profile.name;
    const Notes notes = read_notes(*parts.database, publication.find(notes_ref(profile)));
    used.emplace_back(publication.refs(), profile, notes);
  }
  const std::string& wanted = captures.front()->options->name;
  if (wanted.empty()) return free_name(started, used);
  if (std::any_of(used.begin(), used.end(),
                  [&](const UsedNames& names) { return names.contains(wanted); })) {
    throw Error(Errc::Exists, fmt::format("cannot name the snapshot {}", quoted(wanted)),
                "the name is or was another snapshot's", "choose another name");
  }
  return wanted;
}

std::vector<RefMove> moves_of(const Snapshot& made, const ObjectId& story_tree,
                              const Store::Parts& parts, ObjectWriter& writer,
                              const Publication& publication) {
  const RefName story = story_ref(made.profile);
  const ObjectId told = write_story_commit(writer, made, story_tree, publication.find(story),
                                           parts.options.user, parts.key->principal());
  return {publication.move_to(RefName::parse(made.ref), made.commit),
          publication.move_to(story, told),
          publication.move_to(current_ref(made.profile), made.commit)};
}

std::vector<RefMove> write_snapshot(Capture& taken, const std::string& name, Store::Parts& parts,
                                    ObjectWriter& writer, const Publication& publication,
                                    Timestamp started) {
  describe(taken, name, started);
  const CreateOptions& options = *taken.options;
  const std::string& profile = options.profile.name;
  Snapshot& made = taken.made;
  const std::string manifest = encode_manifest(
      {options.profile, parts.options.user, parts.options.host, &taken.scan, taken.facts});
  made.manifest = sha256(manifest);
  std::vector<TreeEntry> entries = top_entries(taken, *parts.database);
  const ObjectId story_tree = writer.put(ObjectType::Tree, encode_tree(entries));
  const ObjectId tree =
      put_snapshot_tree(writer, std::move(entries), taken.scan.top.meta, manifest);

  made.commit = write_snapshot_commit(writer, made, tree, parts.options.user, *parts.key);
  made.ref = snapshot_ref(profile, name).str();
  std::vector<RefMove> moves = moves_of(made, story_tree, parts, writer, publication);
  if (options.pin) {
    const RefName notes = notes_ref(profile);
    const auto head = publication.find(notes);
    Notes content = read_notes(*parts.database, head);
    content[made.commit].pinned = true;
    moves.push_back(publication.move_to(
        notes, write_notes(writer, content, head, parts.options.user, parts.key->principal(),
                           started, fmt::format("PIN {}/{}", profile, name))));
  }
  return moves;
}

Event snapshot_event(const std::vector<Capture*>& captures, const std::string& name) {
  Event event;
  event.event_type = "SNAPSHOT";
  for (const Capture* taken : captures) {
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", taken->made.profile, name);
    event.profiles.push_back(change_of(taken->made.profile, taken->current, taken->made));
  }
  return event;
}

Event occasion_event(const std::vector<Capture>& captures, const Occasion& occasion) {
  Event event;
  event.event_type = occasion.event_type;
  event.extra = occasion.extra;
  for (const Capture& taken : captures) {
    const Snapshot& target = taken.side->target;
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", target.profile, target.name);
    event.profiles.push_back(change_of(taken.options->profile.name, taken.side->before,
                                       taken.is_target ? target : taken.made));
  }
  return event;
}

}  // namespace stravinsky
