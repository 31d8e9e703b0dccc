// Released contents: docs/format.md 16.
#include "snapshots/releases.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "core/hash.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/edit_tree.hpp"
#include "snapshots/manifest.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// What a release delivers: its paths and those above them, and whether a directory stays one.
using Wanted = std::map<std::string, bool>;

Wanted wanted_of(std::span<const TreeEdit> content) {
  Wanted wanted;
  for (const TreeEdit& edit : content) {
    wanted[edit.path] = edit.kind == TreeEdit::Kind::Directory;
    for (std::string path = parent_path(edit.path); !path.empty(); path = parent_path(path)) {
      if (!wanted.emplace(path, true).second) break;
    }
  }
  return wanted;
}

/// Paths of a tree that are not among those wanted. A file takes what was below its directory
/// along.
void find_surplus(const ObjectDatabase& database, const Directory& directory,
                  const std::string& path, const Wanted& wanted, std::vector<TreeEdit>& edits) {
  for (const Node& node : directory.nodes) {
    const std::string child = join_path(path, node.entry.name);
    const auto found = wanted.find(child);
    if (found == wanted.end()) {
      edits.push_back({.path = child, .kind = TreeEdit::Kind::Remove, .content = {}, .source = {}});
    } else if (node.entry.type == EntryType::Directory && found->second) {
      find_surplus(database, read_directory(database, node.directory, child, Position::Below),
                   child, wanted, edits);
    }
  }
}

Directory empty_top(const ReleaseOwner& owner, Timestamp time) {
  Directory top;
  top.self.name = ".";
  top.self.type = EntryType::Directory;
  top.self.mode = 0755;
  top.self.uid = owner.uid;
  top.self.gid = owner.gid;
  top.self.uname = owner.uname;
  top.self.gname = owner.gname;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  top.self.mtime = FileTime{seconds.time_since_epoch().count(), 0};
  return top;
}

}  // namespace

std::optional<Snapshot> find_release(const Store::Parts& parts, const RefMap& refs,
                                     const std::string& profile, const std::string& version) {
  const RefName ref = upstream_ref(profile);
  const auto head = refs.find(ref.str());
  std::optional<ObjectId> at =
      head == refs.end() ? std::nullopt : std::optional<ObjectId>(head->second);
  while (at) {
    const std::string bytes = parts.database->read(*at, ObjectType::Commit).bytes;
    Snapshot release = parse_snapshot_commit(bytes, *at);
    if (version.empty() || release.version == version) {
      release.ref = ref.str();
      return release;
    }
    const Commit commit = parse_commit(bytes, *at);
    at = commit.parents.empty() ? std::nullopt : std::optional(commit.parents.front());
  }
  return std::nullopt;
}

std::optional<Snapshot> find_release(const Store& store, const std::string& profile,
                                     const std::string& version) {
  if (version.empty()) return std::nullopt;
  return find_release(store.parts(), *store.parts().read_refs(), profile, version);
}

std::optional<Snapshot> find_newest_release(const Store& store, const std::string& profile) {
  return find_release(store.parts(), *store.parts().read_refs(), profile, {});
}

Snapshot add_release(Store::Parts& parts, ObjectWriter& writer, ScanSink& sink,
                     const std::optional<Snapshot>& newest, const std::string& profile,
                     const std::string& version, std::span<const TreeEdit> content,
                     const std::string& source, const ReleaseOwner& owner, Timestamp now) {
  const ObjectDatabase& database = *parts.database;
  const Timestamp time = std::chrono::floor<std::chrono::seconds>(now);
  Directory base = empty_top(owner, time);
  std::vector<TreeEdit> edits(content.begin(), content.end());
  if (newest) {
    base = read_directory(database, read_snapshot_roots(database, *newest).top, "", Position::Top);
    find_surplus(database, base, "", wanted_of(content), edits);
  }
  const EditedTree tree =
      edit_tree(database, sink, base, edits,
                {.now = time,
                 .chunk_threshold = parts.config().store.chunk_threshold_mb << 20,
                 .mounts = {}});
  if (newest && newest->version == version && newest->content == tree.top.digest) return *newest;

  TreeGrowth growth;
  if (const auto grown = tree.growth.find(""); grown != tree.growth.end()) growth = grown->second;
  Snapshot release;
  release.profile = profile;
  release.version = version;
  release.name = version + std::string(kReleaseSuffix);
  release.ref = upstream_ref(profile).str();
  release.time = time;
  release.description = fmt::format("Release {} from {}", version, source);
  release.content = tree.top.digest;
  release.entries = (newest ? newest->entries : 0) + static_cast<std::uint64_t>(growth.entries);
  release.bytes = (newest ? newest->bytes : 0) + static_cast<std::uint64_t>(growth.bytes);
  release.tool = fmt::format("stravinsky {}", library_version());

  ScanResult scan;
  scan.top = tree.top;
  scan.entries = release.entries;
  scan.bytes = release.bytes;
  for (const TreeEdit& edit : content) scan.files += edit.kind == TreeEdit::Kind::File ? 1 : 0;
  Profile named;
  named.name = profile;
  const std::string manifest =
      encode_manifest({named, parts.options.user, parts.options.host, &scan});
  release.manifest = sha256(manifest);
  const ObjectId top = put_snapshot_tree(writer, content_entries(tree.directory, Position::Top),
                                         tree.top.meta, manifest);
  release.commit = write_release_commit(writer, release, top,
                                        newest ? std::optional(newest->commit) : std::nullopt,
                                        parts.options.user, parts.key->principal());
  return release;
}

}  // namespace stravinsky
