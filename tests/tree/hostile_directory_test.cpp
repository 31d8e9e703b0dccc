#include <doctest/doctest.h>

#include "metadata/mtree.hpp"
#include "support/error_of.hpp"
#include "tree/stored_tree.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

/// A directory made by hand, right in itself until a test changes it.
struct HostileDirectory {
  TreeStore t;
  StoredDirectory below;
  std::string text;
  std::vector<TreeEntry> content, meta;

  HostileDirectory() {
    below = write_directory(*t.writer, {self_entry(), {file_node(t, "x", "x")}}, Position::Below);
    Entry device = entry_of("dev", EntryType::CharDevice);
    const Directory directory{self_entry(),
                              {Node{device, {}, {}}, directory_node("dir", below),
                               file_node(t, "file", "1", 0755), link_node(t, "link", "to")}};
    std::vector<const Entry*> lines;
    for (const Node& node : directory.nodes) lines.push_back(&node.entry);
    encode_mtree(directory.self, lines, text);
    content = {{GitMode::Tree, "dir", below.tree},
               {GitMode::Executable, "file", directory.nodes[2].content},
               {GitMode::Symlink, "link", directory.nodes[3].content}};
    meta = {{GitMode::Tree, "dir", below.meta}};
  }

  void replace(const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  StoredDirectory store() {
    StoredDirectory stored;
    meta.push_back({GitMode::File, "%mtree", t.blob(text)});
    stored.digest = sha256(text);
    stored.tree = t.tree(content);
    stored.meta = t.tree(meta);
    t.publish();
    return stored;
  }
  std::optional<Errc> refusal() { return refusal(store()); }
  std::optional<Errc> refusal(const StoredDirectory& stored) {
    try {
      read_directory(t.database, stored, "a/b", Position::Below);
      return std::nullopt;
    } catch (const Error& error) {
      CHECK(std::string(error.what()).starts_with("cannot read 'a/b': "));
      return error.code();
    }
  }
};

}  // namespace

TEST_CASE("tree: the directory that the hostile ones are made from is itself accepted") {
  HostileDirectory d;
  CHECK(d.refusal() == std::nullopt);
}

TEST_CASE("tree: metadata with another digest or cut short is damage") {
  HostileDirectory d;
  StoredDirectory stored = d.store();
  stored.digest.data()[31] ^= 1;
  CHECK(d.refusal(stored) == Errc::Corrupt);

  HostileDirectory cut;
  cut.text.resize(cut.text.size() - 5);
  CHECK(cut.refusal() == Errc::Corrupt);
}

TEST_CASE("tree: a missing object is said to be missing, with the path") {
  HostileDirectory d;
  StoredDirectory stored = d.store();
  stored.meta.data()[0] ^= 1;
  CHECK(d.refusal(stored) == Errc::NotFound);
}

TEST_CASE("tree: a content tree that tells another story than the metadata is hostile") {
  SUBCASE("a file is missing") {
    HostileDirectory d;
    d.content.erase(d.content.begin() + 1);
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a surplus file") {
    HostileDirectory d;
    d.content.push_back({GitMode::File, "surplus", d.t.blob("s")});
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("content for a device") {
    HostileDirectory d;
    d.content.push_back({GitMode::File, "dev", d.t.blob("s")});
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("the reserved directory below the top") {
    HostileDirectory d;
    d.content.push_back({GitMode::Tree, ".stravinsky", d.below.tree});
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a name stored as it is that must be escaped") {
    HostileDirectory d;
    d.replace("\nfile type", "\ngit~1 type");
    d.content[1].name = "git~1";
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("the same name escaped, which is no harm") {
    HostileDirectory d;
    d.replace("\nfile type", "\ngit~1 type");
    d.content[1].name = "%67it~1";
    CHECK(d.refusal() == std::nullopt);
  }
  SUBCASE("a name escaped that need not be") {
    HostileDirectory d;
    d.content[1].name = "%66ile";
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a file that the metadata calls a symlink") {
    HostileDirectory d;
    d.content[2].mode = GitMode::File;
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("an executable bit that the mode does not have") {
    HostileDirectory d;
    d.replace("mode=0755 uid=0 gid=0 size", "mode=0644 uid=0 gid=0 size");
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a chunk tree for a file without chunks") {
    HostileDirectory d;
    d.content[1] = {GitMode::Tree, "file", d.below.tree};
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a blob for a file with chunks") {
    HostileDirectory d;
    d.replace("\nlink", " chunks=1\nlink");
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a file in the place of a directory") {
    HostileDirectory d;
    d.content[0].mode = GitMode::File;
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("the empty tree, which a writer leaves out") {
    HostileDirectory d;
    d.content[0].id = kEmptyTree;
    CHECK(d.refusal() == Errc::Hostile);
  }
}

TEST_CASE("tree: a metadata mirror of another shape is hostile") {
  SUBCASE("no metadata for a sub-directory") {
    HostileDirectory d;
    d.meta.clear();
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("metadata for a file") {
    HostileDirectory d;
    d.meta.push_back({GitMode::Tree, "file", d.below.meta});
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("a blob in the place of a sub-directory") {
    HostileDirectory d;
    d.meta[0] = {GitMode::File, "dir", d.t.blob("x")};
    CHECK(d.refusal() == Errc::Hostile);
  }
  SUBCASE("no text at all") {
    HostileDirectory d;
    StoredDirectory stored = d.store();
    stored.meta = d.t.tree({{GitMode::Tree, "dir", d.below.meta}});
    d.t.publish();
    CHECK(d.refusal(stored) == Errc::Hostile);
  }
  SUBCASE("a text that is a symlink") {
    HostileDirectory d;
    StoredDirectory stored = d.store();
    stored.meta = d.t.tree(
        {{GitMode::Symlink, "%mtree", d.t.blob(d.text)}, {GitMode::Tree, "dir", d.below.meta}});
    d.t.publish();
    CHECK(d.refusal(stored) == Errc::Hostile);
  }
}

TEST_CASE("tree: names that no directory can hold are hostile in the metadata") {
  for (const char* name : {"..", ".", "a/b", "a\\000", "dir"}) {
    CAPTURE(name);
    HostileDirectory d;
    d.replace("\nfile ", std::string("\n") + name + " ");
    CHECK(d.refusal() == Errc::Hostile);
  }
}

TEST_CASE("tree: a sub-directory is held to the digest in its parent's line") {
  HostileDirectory d;
  std::string digest = d.below.digest.hex();
  const std::string before = digest;
  digest[0] = digest[0] == '0' ? '1' : '0';
  d.replace(before, digest);
  const StoredDirectory stored = d.store();
  const Directory read = read_directory(d.t.database, stored, "a/b", Position::Below);
  CHECK(d.refusal(read.nodes[1].directory) == Errc::Corrupt);
}

TEST_CASE("tree: parts that no writer cuts are hostile") {
  HostileDirectory d;
  const StoredDirectory whole = d.store();
  const auto refusal_of = [&](const std::vector<TreeEntry>& parts, const std::string& text) {
    StoredDirectory stored = whole;
    stored.digest = sha256(text);
    stored.meta = d.t.tree(
        {{GitMode::Tree, "%mtree", d.t.tree(parts)}, {GitMode::Tree, "dir", d.below.meta}});
    d.t.publish();
    return d.refusal(stored);
  };
  const std::size_t half = d.text.find('\n') + 1;
  const ObjectId first = d.t.blob(d.text.substr(0, half)), second = d.t.blob(d.text.substr(half));
  const ObjectId all = d.t.blob(d.text);
  CHECK(refusal_of({{GitMode::File, "000000", first}, {GitMode::File, "000001", second}}, d.text) ==
        Errc::Hostile);
  CHECK(refusal_of({{GitMode::File, "000000", all}}, d.text) == Errc::Hostile);  // for few entries
  CHECK(refusal_of({{GitMode::File, "000001", all}}, d.text) == Errc::Hostile);
  CHECK(refusal_of({{GitMode::File, "0", all}}, d.text) == Errc::Hostile);
  CHECK(refusal_of({{GitMode::Executable, "000000", all}}, d.text) == Errc::Hostile);
  CHECK(refusal_of({}, "") == Errc::Hostile);
}
