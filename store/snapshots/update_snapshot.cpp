#include "snapshots/update_snapshot.hpp"

#include <fmt/format.h>

#include <array>

#include "core/hash.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/manifest.hpp"
#include "snapshots/names.hpp"
#include "snapshots/notes.hpp"
#include "snapshots/releases.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/snapshot_sink.hpp"

namespace stravinsky {
namespace {

std::vector<std::string> mounts_of(const Profile& profile) {
  std::vector<std::string> mounts;
  for (const ProfileRoot& root : profile.roots) {
    if (!root.mount.empty()) mounts.push_back(root.mount);
  }
  return mounts;
}

/// Whoever owns the first root: the release is for them.
ReleaseOwner owner_of(const Directory& top, const ObjectDatabase& database) {
  Entry self = top.self;
  for (const Node& node : top.nodes) {
    if (self.has_attributes) break;
    if (node.entry.type != EntryType::Directory) {
      self = node.entry;
    } else {
      self = read_directory(database, node.directory, node.entry.name, Position::Below).self;
    }
  }
  return {self.uid, self.gid, self.uname, self.gname};
}

}  // namespace

UpdateStorage::UpdateStorage(Store& store, ObjectWriter& writer, const Profile& profile,
                             const std::string& version, const UpdateContent& content,
                             Timestamp now)
    : parts_(store.parts()),
      writer_(writer),
      profile_(profile),
      version_(version),
      content_(content),
      now_(now) {
  const ObjectDatabase& database = *parts_.database;
  const Directory base = read_directory(database, read_snapshot_roots(database, content.before).top,
                                        "", Position::Top);
  StoringSink sink(writer, parts_.config().store.threads);
  tree_ = edit_tree(database, sink, base, content.edits,
                    {.now = now,
                     .chunk_threshold = parts_.config().store.chunk_threshold_mb << 20,
                     .mounts = mounts_of(profile)});
  manifest_ = edit_manifest(read_manifest(store, content.before), tree_);
  const auto newest = find_release(parts_, *parts_.read_refs(), profile.name, {});
  release_ = add_release(parts_, writer, sink, newest, profile.name, version, content.release,
                         content.source, owner_of(base, database), now);
}

UpdateSnapshots UpdateStorage::add_commits(const Publication& publication) {
  const std::string& user = parts_.options.user;
  UpdateSnapshots made;
  made.release = release_;
  Snapshot& candidate = made.candidate;
  const Notes notes = read_notes(*parts_.database, publication.find(notes_ref(profile_.name)));
  const std::array used = {UsedNames(publication.refs(), profile_.name, notes)};
  const Snapshot& before = content_.before;
  candidate.profile = profile_.name;
  candidate.name = free_name(now_, used);
  candidate.version = version_;
  candidate.time = std::chrono::floor<std::chrono::seconds>(now_);
  candidate.description = content_.description;
  candidate.category = "update";
  candidate.content = tree_.top.digest;
  candidate.manifest = sha256(manifest_);
  TreeGrowth growth;
  for (const auto& [mount, one] : tree_.growth) {
    growth.entries += one.entries;
    growth.bytes += one.bytes;
  }
  candidate.entries = before.entries + static_cast<std::uint64_t>(growth.entries);
  candidate.bytes = before.bytes + static_cast<std::uint64_t>(growth.bytes);
  candidate.losses = before.losses;
  candidate.derived_from = before.commit;
  candidate.tool = fmt::format("stravinsky {}", library_version());

  std::vector<TreeEntry> entries = content_entries(tree_.directory, Position::Top);
  const ObjectId story_tree = writer_.put(ObjectType::Tree, encode_tree(entries));
  const ObjectId tree = put_snapshot_tree(writer_, entries, tree_.top.meta, manifest_);
  candidate.commit = write_snapshot_commit(writer_, candidate, tree, user, *parts_.key);
  const RefName ref = snapshot_ref(profile_.name, candidate.name);
  candidate.ref = ref.str();
  const RefName story = story_ref(profile_.name);
  const ObjectId told = write_story_commit(writer_, candidate, story_tree, publication.find(story),
                                           user, parts_.key->principal());
  made.moves = {publication.move_to(ref, candidate.commit), publication.move_to(story, told)};
  const RefName upstream = upstream_ref(profile_.name);
  if (publication.find(upstream) != release_.commit) {
    made.moves.push_back(publication.move_to(upstream, release_.commit));
  }
  return made;
}

}  // namespace stravinsky
