#include "restore/walk_tree.hpp"

#include <utility>
#include <vector>

#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

struct Level {
  std::string path;
  Directory directory;
  std::size_t next = 0;
};

}  // namespace

void walk_tree(const ObjectDatabase& database, const StoredDirectory& stored,
               const std::string& prefix, Position position, const TreeWalk& walk) {
  std::vector<Level> levels;
  const auto open = [&](std::string path, const Node& node, Position where) {
    if (walk.enter && !walk.enter(path, node.directory)) return;
    try {
      Directory directory = read_directory(database, node.directory,
                                           path.empty() ? prefix : join_path(prefix, path), where);
      Entry entry = directory.self;
      entry.name = node.entry.name;
      entry.digest = node.directory.digest;
      walk.visit(path, entry, node);
      levels.push_back({std::move(path), std::move(directory), 0});
    } catch (const Error& error) {
      const bool of_the_store = error.code() == Errc::Corrupt || error.code() == Errc::Hostile ||
                                error.code() == Errc::NotFound || error.code() == Errc::Io;
      if (!walk.damaged || !of_the_store) throw;
      walk.damaged(path, error);
    }
  };
  Node top;
  top.entry.name = ".";
  top.entry.type = EntryType::Directory;
  top.directory = stored;
  open("", top, position);
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.directory.nodes.size()) {
      levels.pop_back();
      continue;
    }
    const std::size_t at = level.next++;
    std::string path = join_path(level.path, level.directory.nodes[at].entry.name);
    if (level.directory.nodes[at].entry.type == EntryType::Directory) {
      const Node node = level.directory.nodes[at];  // `levels` may move
      open(std::move(path), node, Position::Below);
    } else {
      walk.visit(path, level.directory.nodes[at].entry, level.directory.nodes[at]);
    }
  }
}

}  // namespace stravinsky
