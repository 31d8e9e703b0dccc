// Crash points are those of transaction/publish.cpp: until the event is there, whoever has noted
// the commits calls again.
#include "snapshots/tell_snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/text.hpp"
#include "objects/tree_object.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/write_snapshot.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// The tree of the live entries alone.
ObjectId put_story_tree(const ObjectDatabase& database, ObjectWriter& writer,
                        const Snapshot& snapshot) {
  const ObjectId tree = read_snapshot_roots(database, snapshot).top.tree;
  auto entries = parse_tree(database.read(tree, ObjectType::Tree).bytes, tree);
  std::erase_if(entries, [](const TreeEntry& entry) { return entry.name == kReserved; });
  return writer.put(ObjectType::Tree, encode_tree(entries));
}

/// By any name: it may have been renamed since.
bool is_tagged(const RefMap& refs, const ObjectId& commit) {
  return std::any_of(refs.begin(), refs.end(), [&](const RefMap::Ref& ref) {
    return ref.second == commit && ref.first.starts_with("refs/tags/");
  });
}

std::optional<Snapshot> read_current(const ObjectDatabase& database, const Publication& publication,
                                     const std::string& profile) {
  const auto commit = publication.find(current_ref(profile));
  if (!commit) return std::nullopt;
  return read_snapshot_commit(database, *commit);
}

}  // namespace

bool is_told(const Store& store, const ObjectId& commit) {
  return is_tagged(*store.parts().read_refs(), commit);
}

void tell_of_snapshots(Store& store, std::span<const UntoldSnapshot> snapshots) {
  if (snapshots.empty()) return;
  Store::Parts& parts = store.parts();
  const ObjectDatabase& database = *parts.database;
  Publishing publishing(parts);
  Publication& publication = publishing.publication;
  Event event;
  event.event_type = "SNAPSHOT";
  std::vector<RefMove> moves;
  for (const UntoldSnapshot& untold : snapshots) {
    if (is_tagged(publication.refs(), untold.commit)) continue;
    Snapshot snapshot = read_snapshot_commit(database, untold.commit);
    if (publication.find(RefName::parse(untold.ref))) {
      const std::string name = fmt::format("{}/{}", snapshot.profile, snapshot.name);
      throw Error(Errc::Exists, fmt::format("cannot name the commit {}", untold.commit.hex()),
                  fmt::format("another snapshot is named {}", quoted(name)),
                  fmt::format("stravinsky rename {} NAME", name));
    }
    snapshot.ref = untold.ref;
    for (RefMove& move : moves_of(snapshot, put_story_tree(database, publishing.writer, snapshot),
                                  parts, publishing.writer, publication)) {
      moves.push_back(std::move(move));
    }
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", snapshot.profile, snapshot.name);
    event.profiles.push_back(change_of(
        snapshot.profile, read_current(database, publication, snapshot.profile), snapshot));
  }
  if (!moves.empty()) publication.publish(std::move(event), std::move(moves), parts.now());
}

}  // namespace stravinsky
