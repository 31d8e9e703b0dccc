#include "tree/directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "metadata/mtree.hpp"
#include "support/error_of.hpp"
#include "support/random_entry.hpp"
#include "tree/stored_tree.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

void check_equal(const Directory& a, const Directory& b) {
  CHECK(a.self == b.self);
  REQUIRE(a.nodes.size() == b.nodes.size());
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    CAPTURE(a.nodes[i].entry.name);
    CHECK(a.nodes[i].entry == b.nodes[i].entry);
    CHECK(a.nodes[i].content == b.nodes[i].content);
    CHECK(a.nodes[i].directory == b.nodes[i].directory);
  }
}

Directory many_fifos(std::size_t count) {
  Directory directory{self_entry(), {}};
  for (std::size_t i = 0; i < count; ++i) {
    directory.nodes.push_back({entry_of(fmt::format("{:06}", i), EntryType::Fifo), {}, {}});
  }
  return directory;
}

}  // namespace

TEST_CASE("tree: a directory of every kind of entry reads back equal, and git finds it sound") {
  TreeStore t;
  const StoredDirectory empty = write_directory(*t.writer, {self_entry(), {}}, Position::Below);
  CHECK(empty.tree == kEmptyTree);
  const StoredDirectory full =
      write_directory(*t.writer, {self_entry(), {file_node(t, "x", "x")}}, Position::Below);

  Directory top{self_entry(), {}};
  top.nodes.push_back(file_node(t, "%odd", "1"));
  top.nodes.push_back(directory_node(".git", full));
  top.nodes.push_back(file_node(t, ".gitattributes", "* eol=crlf\n"));
  top.nodes.push_back(link_node(t, ".gitignore", "/etc/passwd"));
  top.nodes.push_back(directory_node(".stravinsky", empty));
  top.nodes.push_back(file_node(t, "a", "", 0755));
  top.nodes.push_back(file_node(t, "a.b", "setuid", 04510));
  Node device{entry_of("device", EntryType::BlockDevice), {}, {}};
  device.entry.device_major = 8;
  top.nodes.push_back(device);
  top.nodes.push_back(directory_node("dir", full));
  top.nodes.push_back({entry_of("fifo", EntryType::Fifo), {}, {}});
  top.nodes.push_back({entry_of("socket", EntryType::Socket), {}, {}});

  const StoredDirectory stored = write_directory(*t.writer, top, Position::Top);
  t.publish();
  check_equal(read_directory(t.database, stored, "", Position::Top), top);

  CHECK(t.git("ls-tree --format='%(objectmode) %(path)' " + stored.tree.hex()) ==
        "100644 %25odd\n040000 %2Egit\n100644 %2Egitattributes\n120000 %2Egitignore\n"
        "100755 a\n100755 a.b\n040000 dir");
  CHECK(t.git("ls-tree --format='%(objectmode) %(path)' " + stored.meta.hex()) ==
        "040000 %2Egit\n040000 %2Estravinsky\n100644 %mtree\n040000 dir");
  CHECK(t.git("cat-file blob " + stored.meta.hex() + ":%mtree | sha256sum").substr(0, 64) ==
        stored.digest.hex());
  CHECK(t.fsck() == "");
}

TEST_CASE("tree: random directories read back equal at the top and below") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    TreeStore t;
    RandomEntries random(seed);
    const StoredDirectory below =
        write_directory(*t.writer, {random.self(), {link_node(t, "l", "t")}}, Position::Below);
    Directory directory{random.self(), {}};
    for (Entry& entry : random.entries(60)) {
      Node node;
      node.entry = std::move(entry);
      if (node.entry.type == EntryType::File || node.entry.type == EntryType::Symlink) {
        // What lies under the id is not looked at here, but git wants the type that the mode tells.
        node.content = node.entry.chunks != 0 ? below.tree : t.blob(node.entry.link);
      }
      if (node.entry.type == EntryType::Directory) {
        node.directory = below;
        node.entry.digest = below.digest;
      }
      directory.nodes.push_back(std::move(node));
    }
    const Position position = seed % 2 == 0 ? Position::Top : Position::Below;
    const StoredDirectory stored = write_directory(*t.writer, directory, position);
    t.publish();
    check_equal(read_directory(t.database, stored, "some/where", position), directory);
    CHECK(t.fsck() == "");
  }
}

TEST_CASE("tree: 4,097 entries store their metadata in parts that join to the text") {
  for (const std::size_t count : {4096U, 4097U}) {
    CAPTURE(count);
    TreeStore t;
    const Directory directory = many_fifos(count);
    const StoredDirectory stored = write_directory(*t.writer, directory, Position::Below);
    t.publish();
    check_equal(read_directory(t.database, stored, "large", Position::Below), directory);
    CHECK(t.git("cat-file -t " + stored.meta.hex() + ":%mtree") ==
          (count > 4096 ? "tree" : "blob"));
    if (count > 4096) {
      CHECK(t.git("ls-tree --format='%(objectname)' " + stored.meta.hex() + ":%mtree" +
                  " | git -C " + t.dir.path() +
                  " cat-file --batch='%(objecttype)' --buffer | grep -av '^blob$' | grep -av '^$'" +
                  " | sha256sum")
                .substr(0, 64) == stored.digest.hex());
    }
  }
}

TEST_CASE("tree: one entry more in a large directory stores at most two parts anew") {
  TreeStore t;
  Directory directory = many_fifos(20000);
  write_directory(*t.writer, directory, Position::Below);
  const std::uint64_t before = t.writer->totals().objects;
  CHECK(before > 10);
  directory.nodes.insert(directory.nodes.begin() + 10001,
                         {entry_of("010000x", EntryType::Fifo), {}, {}});
  write_directory(*t.writer, directory, Position::Below);
  CHECK(t.writer->totals().objects - before <= 4);  // two parts, their tree, the meta tree
}

TEST_CASE("tree: the top passes over the directory that stravinsky adds to it") {
  TreeStore t;
  const Directory directory{self_entry(), {file_node(t, "f", "1")}};
  StoredDirectory stored = write_directory(*t.writer, directory, Position::Top);
  const ObjectId reserved = t.tree({{GitMode::File, "snapshot.json", t.blob("{}")}});
  stored.tree = t.tree(
      {{GitMode::Tree, ".stravinsky", reserved}, {GitMode::File, "f", directory.nodes[0].content}});
  t.publish();
  check_equal(read_directory(t.database, stored, "", Position::Top), directory);
  CHECK(error_of([&] { read_directory(t.database, stored, "", Position::Below); }) ==
        Errc::Hostile);
}

TEST_CASE("tree: a directory too large for any reader is not written") {
  TreeStore t;
  Directory directory{self_entry(), {}};
  directory.nodes.resize(kMaxTreeEntries + 1);
  CHECK(error_of([&] { write_directory(*t.writer, directory, Position::Below); }) == Errc::Invalid);
}
