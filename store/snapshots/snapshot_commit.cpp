#include "snapshots/snapshot_commit.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "objects/tree_object.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

Error bad_snapshot(const ObjectId& commit, std::string_view reason) {
  return Error(Errc::Corrupt, fmt::format("cannot read the snapshot {}", commit.hex()),
               std::string(reason), "run `stravinsky verify` to see what is damaged");
}

Ident ident_of(const Snapshot& snapshot, const std::string& user, const std::string& principal) {
  Ident ident;
  ident.name = clean_ident(user, "user");
  ident.email = clean_ident(principal, "user@localhost");
  ident.seconds =
      std::chrono::floor<std::chrono::seconds>(snapshot.time).time_since_epoch().count();
  return ident;
}

std::string default_subject(const std::string& name) { return fmt::format("Snapshot {}", name); }

std::string subject_of(const Snapshot& snapshot) {
  return snapshot.description.empty() ? default_subject(snapshot.name) : snapshot.description;
}

std::string required(const Trailers& trailers, std::string_view key, const ObjectId& commit) {
  auto value = find_trailer(trailers, key);
  if (!value) throw bad_snapshot(commit, fmt::format("it has no trailer '{}'", key));
  return *value;
}

std::uint64_t number(const Trailers& trailers, std::string_view key, const ObjectId& commit) {
  const auto value = parse_unsigned(required(trailers, key, commit));
  if (!value) throw bad_snapshot(commit, fmt::format("its trailer '{}' is no number", key));
  return *value;
}

Sha256 digest(const Trailers& trailers, std::string_view key, const ObjectId& commit) {
  const auto value = Sha256::from_hex(required(trailers, key, commit));
  if (!value) throw bad_snapshot(commit, fmt::format("its trailer '{}' is no SHA-256", key));
  return *value;
}

std::optional<ObjectId> optional_id(const Trailers& trailers, std::string_view key) {
  const auto value = find_trailer(trailers, key);
  return value ? ObjectId::from_hex(*value) : std::nullopt;
}

/// The message without its last paragraph, which holds the trailers.
std::string description_of(const std::string& message) {
  const std::size_t end = message.rfind("\n\n");
  return end == std::string::npos ? "" : message.substr(0, end);
}

/// What a commit says of its snapshot, in the order of docs/format.md 4.
Trailers trailers_of(const Snapshot& snapshot) {
  Trailers trailers = {{"Profile", snapshot.profile},
                       {"Name", snapshot.name},
                       {"Version", snapshot.version},
                       {"Class", std::string(name_of(snapshot.snapshot_class))}};
  if (!snapshot.category.empty()) trailers.emplace_back("Category", snapshot.category);
  for (const auto& [tag, value] : snapshot.tags) {
    trailers.emplace_back("Tag", value.empty() ? tag : tag + "=" + value);
  }
  if (snapshot.derived_from) trailers.emplace_back("Derived-From", snapshot.derived_from->hex());
  if (snapshot.restores) trailers.emplace_back("Restores", snapshot.restores->hex());
  trailers.emplace_back("Content-SHA256", snapshot.content.hex());
  trailers.emplace_back("Manifest-SHA256", snapshot.manifest.hex());
  trailers.emplace_back("Entries", std::to_string(snapshot.entries));
  trailers.emplace_back("Bytes", std::to_string(snapshot.bytes));
  trailers.emplace_back("Losses", std::to_string(snapshot.losses));
  trailers.emplace_back("Tool", snapshot.tool);
  return trailers;
}

}  // namespace

std::string_view name_of(SnapshotClass snapshot_class) noexcept {
  switch (snapshot_class) {
    case SnapshotClass::Named:
      return "named";
    case SnapshotClass::Safety:
      return "safety";
    case SnapshotClass::Routine:
      return "routine";
  }
  return "named";
}

ObjectId write_snapshot_commit(ObjectWriter& writer, const Snapshot& snapshot, const ObjectId& tree,
                               const std::string& user, const signing::SigningKey& key) {
  Commit commit;
  commit.tree = tree;
  commit.author = commit.committer = ident_of(snapshot, user, key.principal());
  commit.message = message_with_trailers(subject_of(snapshot), trailers_of(snapshot));
  commit.signature = key.sign(commit_payload(commit));
  return writer.put(ObjectType::Commit, encode_commit(commit));
}

ObjectId write_release_commit(ObjectWriter& writer, const Snapshot& release, const ObjectId& tree,
                              const std::optional<ObjectId>& parent, const std::string& user,
                              const std::string& principal) {
  Commit commit;
  commit.tree = tree;
  if (parent) commit.parents.push_back(*parent);
  commit.author = commit.committer = ident_of(release, user, principal);
  commit.message = message_with_trailers(subject_of(release), trailers_of(release));
  return writer.put(ObjectType::Commit, encode_commit(commit));
}

ObjectId write_story_commit(ObjectWriter& writer, const Snapshot& snapshot, const ObjectId& tree,
                            const std::optional<ObjectId>& parent, const std::string& user,
                            const std::string& principal) {
  Commit commit;
  commit.tree = tree;
  if (parent) commit.parents.push_back(*parent);
  commit.author = commit.committer = ident_of(snapshot, user, principal);
  commit.message =
      message_with_trailers(subject_of(snapshot), {{"Snapshot", snapshot.commit.hex()}});
  return writer.put(ObjectType::Commit, encode_commit(commit));
}

ObjectId put_snapshot_tree(ObjectWriter& writer, std::vector<TreeEntry> entries,
                           const ObjectId& meta, const std::string& manifest) {
  std::vector<TreeEntry> reserved = {
      {GitMode::File, "snapshot.json", writer.put(ObjectType::Blob, manifest)},
      {GitMode::Tree, "meta", meta}};
  entries.push_back(
      {GitMode::Tree, std::string(kReserved), writer.put(ObjectType::Tree, encode_tree(reserved))});
  return writer.put(ObjectType::Tree, encode_tree(entries));
}

Snapshot read_snapshot_commit(const ObjectDatabase& database, const ObjectId& id) {
  return parse_snapshot_commit(database.read(id, ObjectType::Commit).bytes, id);
}

Snapshot parse_snapshot_commit(std::string_view bytes, const ObjectId& id) {
  const Commit commit = parse_commit(bytes, id);
  const Trailers trailers = parse_trailers(commit.message);
  // Releases follow each other, and no snapshot can have such a name.
  const bool is_release = find_trailer(trailers, "Name").value_or("").ends_with(kReleaseSuffix);
  if (!commit.parents.empty() && !is_release) throw bad_snapshot(id, "the commit has a parent");
  Snapshot snapshot;
  snapshot.commit = id;
  snapshot.profile = required(trailers, "Profile", id);
  snapshot.name = required(trailers, "Name", id);
  snapshot.version = required(trailers, "Version", id);
  const std::string snapshot_class = required(trailers, "Class", id);
  for (const auto known : {SnapshotClass::Named, SnapshotClass::Safety, SnapshotClass::Routine}) {
    if (snapshot_class == name_of(known)) snapshot.snapshot_class = known;
  }
  snapshot.time = std::chrono::sys_seconds(std::chrono::seconds(commit.committer.seconds));
  snapshot.description = description_of(commit.message);
  // git wants a subject: what stands in for none is no description.
  if (snapshot.description == default_subject(snapshot.name)) snapshot.description.clear();
  snapshot.category = find_trailer(trailers, "Category").value_or("");
  for (const auto& [key, value] : trailers) {
    if (key != "Tag") continue;
    const std::size_t equals = value.find('=');
    snapshot.tags.emplace_back(value.substr(0, equals),
                               equals == std::string::npos ? "" : value.substr(equals + 1));
  }
  snapshot.derived_from = optional_id(trailers, "Derived-From");
  snapshot.restores = optional_id(trailers, "Restores");
  snapshot.content = digest(trailers, "Content-SHA256", id);
  snapshot.manifest = digest(trailers, "Manifest-SHA256", id);
  snapshot.entries = number(trailers, "Entries", id);
  snapshot.bytes = number(trailers, "Bytes", id);
  snapshot.losses = number(trailers, "Losses", id);
  snapshot.tool = required(trailers, "Tool", id);
  return snapshot;
}

SnapshotRoots read_snapshot_roots(const ObjectDatabase& database, const Snapshot& snapshot) {
  SnapshotRoots roots = read_snapshot_roots(database, snapshot.commit);
  roots.top.digest = snapshot.content;
  return roots;
}

SnapshotRoots read_snapshot_roots(const ObjectDatabase& database, const ObjectId& id) {
  const Commit commit = parse_commit(database.read(id, ObjectType::Commit).bytes, id);
  SnapshotRoots roots;
  roots.top.tree = commit.tree;
  std::optional<ObjectId> reserved, meta, manifest;
  for (const TreeEntry& entry :
       parse_tree(database.read(commit.tree, ObjectType::Tree).bytes, commit.tree)) {
    if (entry.name == kReserved && entry.mode == GitMode::Tree) reserved = entry.id;
  }
  if (!reserved) throw bad_snapshot(id, "its tree has no '.stravinsky'");
  for (const TreeEntry& entry :
       parse_tree(database.read(*reserved, ObjectType::Tree).bytes, *reserved)) {
    if (entry.name == "meta" && entry.mode == GitMode::Tree) meta = entry.id;
    if (entry.name == "snapshot.json" && entry.mode == GitMode::File) manifest = entry.id;
  }
  if (!meta || !manifest)
    throw bad_snapshot(id, "'.stravinsky' has no 'meta' or no 'snapshot.json'");
  roots.top.meta = *meta;
  roots.manifest = *manifest;
  return roots;
}

}  // namespace stravinsky
