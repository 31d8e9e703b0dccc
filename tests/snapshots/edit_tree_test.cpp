#include "snapshots/edit_tree.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "stravinsky/diff.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using test::TempStore;
using Kind = TreeEdit::Kind;

namespace {

/// A live tree that was captured, and made what edits say by an update.
class EditCase {
 public:
  EditCase() {
    test::output_of("cd '" + t.live() +
                    "' && mkdir -p a/deep b && echo 1 > a/one && echo 2 > a/deep/two && echo 3 > "
                    "b/three && chmod 4750 a/one && ln a/one b/linked && ln a/one b/more");
  }
  Snapshot edit(std::vector<TreeEdit> edits) {
    before = *t.snapshot().snapshot;
    t.clock->advance(std::chrono::seconds(10));
    UpdateContent content;
    content.before = before;
    content.edits = std::move(edits);
    content.source = "a test";
    Update update(t.store(), t.profile(), "1");
    made = update.start(content);
    switched = update.switch_over();
    update.succeed(true);
    return made;
  }
  std::string changes() {
    std::string text;
    for (const Change& change : diff(t.store(), before, made)) {
      text += change.letters() + " " + change.path + "; ";
    }
    return text;
  }

  TempStore t;
  Snapshot before, made;
  InPlaceReport switched;
};

TreeEdit file(const std::string& path, const std::string& text) {
  return {path, Kind::File, text, {}, {}};
}

}  // namespace

TEST_CASE("snapshots: a tree made by edits is the tree that is live after them") {
  EditCase c;
  c.edit({file("a/deep/two", "two\n"),
          file("new/below/file", "new\n"),
          {"b/three", Kind::Remove, {}, {}, {}},
          {"link", Kind::Symlink, "a/one", {}, {}},
          {"empty", Kind::Directory, {}, {}, {}}});
  // The live tree was read again after the switch, and is what was made of stored trees.
  REQUIRE(c.switched.after);
  CHECK(c.switched.after->commit == c.made.commit);
  CHECK(c.changes() ==
        "t .; t a; t a/deep; Mt a/deep/two; t b; D b/three; A empty; A link; A new; A new/below; "
        "A new/below/file; ");
  const auto again = c.t.snapshot("again");
  CHECK(again.snapshot->content == c.made.content);
  CHECK(again.snapshot->entries == c.made.entries);
  CHECK(again.snapshot->bytes == c.made.bytes);
  CHECK(c.t.faults() == "");
}

TEST_CASE("snapshots: the manifest of an edited tree counts as a captured one does") {
  EditCase c;
  c.edit({file("a/deep/two", "two and more\n"),
          file("new/file", "new\n"),
          {"b", Kind::Remove, {}, {}, {}}});
  const auto again = c.t.snapshot("again");
  auto made = nlohmann::json::parse(read_manifest(c.t.store(), c.made));
  auto captured = nlohmann::json::parse(read_manifest(c.t.store(), *again.snapshot));
  CHECK(made == captured);
}

TEST_CASE("snapshots: an edited file keeps who owns and who may read it, not set-user-ID") {
  EditCase c;
  c.edit({{"a/one", Kind::File, "changed\n", {}, true}});
  const auto entry = SnapshotTree(c.t.store(), c.made).find("a/one");
  CHECK(entry->mode == 0750);
  CHECK(entry->hardlink.empty());
}

TEST_CASE("snapshots: of a group of hard links only the edited name leaves") {
  EditCase c;
  c.edit({file("a/one", "changed\n")});
  const SnapshotTree tree(c.t.store(), c.made);
  CHECK(tree.find("b/linked")->hardlink.empty());
  CHECK(tree.find("b/more")->hardlink == "b/linked");
  REQUIRE(c.switched.after);
  CHECK(c.switched.after->commit == c.made.commit);
}

TEST_CASE("snapshots: a group of hard links goes on without a name that becomes a directory") {
  EditCase c;
  std::vector<TreeEdit> edits;
  SUBCASE("an empty one") { edits = {{"a/one", Kind::Directory, {}, {}, {}}}; }
  SUBCASE("one with files") {
    edits = {{"a/one", Kind::Remove, {}, {}, {}}, file("a/one/inside", "inside\n")};
  }
  c.edit(edits);
  const SnapshotTree tree(c.t.store(), c.made);
  CHECK(tree.find("a/one")->type == EntryType::Directory);
  CHECK(tree.find("b/linked")->hardlink.empty());
  CHECK(tree.find("b/more")->hardlink == "b/linked");
  REQUIRE(c.switched.after);
  CHECK(c.switched.after->commit == c.made.commit);
}

TEST_CASE("snapshots: what no edit is below keeps its objects") {
  EditCase c;
  c.edit({file("b/three", "three\n")});
  const auto tree = [&](const Snapshot& snapshot, const std::string& path) {
    return c.t.git("rev-parse " + snapshot.commit.hex() + ":" + path);
  };
  CHECK(tree(c.before, "a") == tree(c.made, "a"));
  CHECK(tree(c.before, ".stravinsky/meta/a") == tree(c.made, ".stravinsky/meta/a"));
  CHECK(tree(c.before, "b") != tree(c.made, "b"));
}

TEST_CASE("snapshots: directories that edits empty go, as git's do") {
  EditCase c;
  c.edit({{"a/deep/two", Kind::Remove, {}, {}, {}}});
  CHECK(!SnapshotTree(c.t.store(), c.made).find("a/deep"));
  CHECK(!fs::exists(c.t.live() + "/a/deep"));
}

TEST_CASE("snapshots: edits that exclude each other are refused, and nothing is left of them") {
  EditCase c;
  CHECK(test::error_of([&] { c.edit({file("x", "1"), file("x/y", "2")}); }) == Errc::Invalid);
  CHECK(test::error_of([&] { c.edit({file("x", "1"), file("x", "2")}); }) == Errc::Invalid);
  CHECK(list_unsettled_updates(c.t.store()).empty());
}

TEST_CASE("snapshots: a release is kept as it was delivered, and found by its version") {
  EditCase c;
  c.before = *c.t.snapshot().snapshot;
  const auto install = [&](const std::string& version, std::vector<TreeEdit> release) {
    c.t.clock->advance(std::chrono::seconds(10));
    UpdateContent content;
    content.before = *find_current(c.t.store(), "live");
    content.release = std::move(release);
    content.source = "a test";
    Update update(c.t.store(), c.t.profile(), version);
    update.start(content);
    update.switch_over();
    update.succeed(false);
  };
  install("1", {file("f", "one\n"), {"x", Kind::File, "run\n", {}, true}, file("d/old", "o\n")});
  install("2", {file("f", "two\n"), {"x", Kind::File, "run\n", {}, true}});
  const Snapshot one = resolve(c.t.store(), "1@release", {"live"}).snapshot;
  const Snapshot two = resolve(c.t.store(), "live/2@release", {"live"}).snapshot;
  CHECK(test::error_of([&] { resolve(c.t.store(), "3@release", {"live"}); }) == Errc::NotFound);
  CHECK(one.entries == 4);
  CHECK(two.entries == 2);
  CHECK(two.bytes == 8);
  CHECK(SnapshotTree(c.t.store(), one).find("x")->mode == 0755);
  CHECK(!SnapshotTree(c.t.store(), two).find("d"));
  CHECK(c.t.git("log --format=%s upstream/live") ==
        "Release 2 from a test\nRelease 1 from a test\n");
  // A directory becomes a file, and that an empty directory, and that a file again.
  install("3", {file("f/g", "g\n"), file("x/y/z", "z\n")});
  install("4", {file("f", "f\n"), file("x", "x\n")});
  install("5", {{"f", Kind::Directory, {}, {}, {}}, file("x/y", "y\n")});
  install("6", {file("f", "f\n"), file("x/y/z", "z\n")});
  CHECK(c.t.git("ls-tree -r --name-only upstream/live -- f x") == "f\nx/y/z\n");
  CHECK(find_release(c.t.store(), "live", "6")->entries == 4);
  CHECK(find_release(c.t.store(), "live", "5")->entries == 3);
  install("2", {file("f", "two\n"), {"x", Kind::File, "run\n", {}, true}});
  CHECK(find_release(c.t.store(), "live", "2")->entries == 2);
  // The same again is no new commit.
  const std::string head = c.t.git("rev-parse upstream/live");
  install("2", {file("f", "two\n"), {"x", Kind::File, "run\n", {}, true}});
  CHECK(c.t.git("rev-parse upstream/live") == head);
  CHECK(find_current(c.t.store(), "live")->version == "2");
  CHECK(c.t.faults() == "");
}
