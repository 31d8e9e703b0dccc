#include <fmt/format.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "restore/archive_writer.hpp"
#include "restore/walk_tree.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/restore.hpp"
#include "transaction/store_parts.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {
namespace {

/// What is written to, for messages: only its descriptor is known here.

Error cannot_dump(Errc code, const std::string& path, const Snapshot& snapshot,
                  const std::string& cause) {
  return Error(code, fmt::format("cannot dump {}", quoted(path)), cause,
               fmt::format("stravinsky ls {} {}", snapshot.name, quoted(parent_path(path))));
}

/// The node at `path`; for the top one made up.
Node find_at(const ObjectDatabase& database, const StoredDirectory& top, const std::string& path,
             const Snapshot& snapshot) {
  Node node;
  node.entry.type = EntryType::Directory;
  node.directory = top;
  std::string above;
  for (const std::string& name : split_path(path)) {
    if (node.entry.type != EntryType::Directory) {
      throw cannot_dump(Errc::NotFound, path, snapshot,
                        fmt::format("{} is no directory", quoted(above)));
    }
    const Directory directory = read_directory(database, node.directory, above,
                                               above.empty() ? Position::Top : Position::Below);
    const Node* found = find_node(directory, name);
    if (found == nullptr) {
      throw cannot_dump(Errc::NotFound, path, snapshot,
                        fmt::format("{} does not have it", quoted(snapshot.name)));
    }
    node = *found;
    above = join_path(above, name);
  }
  return node;
}

void require_not_cancelled(Progress& progress) {
  if (progress.cancelled()) throw Error(Errc::Cancelled, "dump stopped", "it was asked to");
}

void dump_file(const ObjectDatabase& database, const Node& node, const std::string& path,
               const DumpOutput& output, Progress& progress) {
  progress.expect(1, node.entry.size);
  progress.all_expected();
  read_content(database, node.entry, node.content, path, [&](ByteView piece) {
    require_not_cancelled(progress);
    fs::write_all(output.fd, piece, output.name);
    progress.advance(0, piece.size());
  });
  progress.advance(1, 0);
}

/// A directory on its way into an archive.
struct Source {
  Node node;
  std::string path;       ///< from the top of its snapshot
  std::string directory;  ///< its name in the archive; empty: it is the archive's top

  bool is_top() const { return path.empty(); }
  std::string full_path(const std::string& below) const {
    return below.empty() ? path : join_path(path, below);
  }
  std::string archived(const std::string& below) const {
    if (directory.empty()) return below.empty() ? "." : below;
    return below.empty() ? directory : join_path(directory, below);
  }
  /// Two snapshots may have groups of one name.
  std::string group(const std::string& name) const {
    return name.empty() || directory.empty() ? name : join_path(directory, name);
  }
};

void add_directory(const ObjectDatabase& database, const Source& source, ArchiveWriter& writer,
                   Progress& progress) {
  // The metadata marks all members of a hard-link group but the first, which may come later in the
  // walk and is told by its path alone: hence a first walk that collects these paths.
  std::unordered_set<std::string> groups;
  const Position position = source.is_top() ? Position::Top : Position::Below;
  TreeWalk collect;
  collect.visit = [&](const std::string&, const Entry& entry, const Node&) {
    if (!entry.hardlink.empty()) groups.insert(entry.hardlink);
    if (entry.type == EntryType::File) progress.expect(1, entry.size);
  };
  walk_tree(database, source.node.directory, source.path, position, collect);
  progress.all_expected();

  TreeWalk write;
  write.visit = [&](const std::string& below, const Entry& entry, const Node& node) {
    require_not_cancelled(progress);
    if (below.empty() && !entry.has_attributes) return;  // the made-up top of several roots
    const std::string full = source.full_path(below);
    const std::string group = !entry.hardlink.empty() ? entry.hardlink
                              : groups.contains(full) ? full
                                                      : std::string();
    if (writer.begin(source.archived(below), entry, source.group(group)) ==
        ArchiveWriter::Wants::Content) {
      read_content(database, entry, node.content, full, [&](ByteView piece) {
        require_not_cancelled(progress);
        writer.append(piece);
      });
    }
    if (entry.type == EntryType::File) progress.advance(1, entry.size);
  };
  walk_tree(database, source.node.directory, source.path, position, write);
}

std::vector<std::string> dump_directories(const ObjectDatabase& database,
                                          const std::vector<Source>& sources, ArchiveFormat format,
                                          const DumpOutput& output, Progress& progress) {
  const std::unique_ptr<ArchiveWriter> writer = make_archive_writer(format, output);
  for (const Source& source : sources) add_directory(database, source, *writer, progress);
  writer->finish();
  return writer->losses();
}

std::string clean_path(const std::string& path) {
  std::string clean;
  for (const std::string& name : split_path(path)) clean = join_path(clean, name);
  return clean;
}

}  // namespace

std::vector<std::string> dump(const Store& store, const Snapshot& snapshot, const std::string& path,
                              ArchiveFormat format, const DumpOutput& output, Progress& progress) {
  const ObjectDatabase& database = *store.parts().database;
  const std::string clean = clean_path(path);
  const Node node = find_at(database, read_snapshot_roots(database, snapshot).top, clean, snapshot);
  switch (node.entry.type) {
    case EntryType::Directory:
      return dump_directories(database, {{node, clean, {}}}, format, output, progress);
    case EntryType::File:
      dump_file(database, node, clean, output, progress);
      return {};
    case EntryType::Symlink:
      fs::write_all(output.fd, as_bytes(node.entry.link), output.name);
      return {};
    default:
      throw cannot_dump(Errc::Invalid, clean, snapshot, "a special file has no content");
  }
}

std::vector<std::string> dump(const Store& store, const std::vector<DumpPart>& parts,
                              ArchiveFormat format, const DumpOutput& output, Progress& progress) {
  const ObjectDatabase& database = *store.parts().database;
  std::vector<Source> sources;
  for (const DumpPart& part : parts) {
    const std::string path = clean_path(part.path);
    Node node =
        find_at(database, read_snapshot_roots(database, part.snapshot).top, path, part.snapshot);
    if (node.entry.type != EntryType::Directory) {
      throw cannot_dump(Errc::Invalid, path, part.snapshot, "it is no directory");
    }
    sources.push_back({std::move(node), path, part.directory});
  }
  return dump_directories(database, sources, format, output, progress);
}

}  // namespace stravinsky
