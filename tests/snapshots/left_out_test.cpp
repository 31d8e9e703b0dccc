// What is in a root and not in its snapshot.
#include <doctest/doctest.h>
#include <unistd.h>

#include "snapshots/recomputed.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

TEST_CASE(
    "snapshots: the store, the key and the checkpoints inside a root are left out and named") {
  TempStore t;
  write_file(t.dir / "beside", "1");
  CreateOptions options;
  options.profile = t.profile("all");
  options.profile.roots.front().path = t.dir.path();
  const std::vector<std::string> own{t.dir / "checkpoints", t.dir / "keys", t.dir / "store"};
  const CreateReport report = create_snapshot(t.store(), options);
  CHECK(report.left_out == own);
  const SnapshotTree tree(t.store(), *report.snapshot);
  CHECK(tree.find("beside"));
  for (const char* name : {"checkpoints", "keys", "store"}) CHECK(!tree.find(name));
  // The next one knows the tree from its cache.
  CHECK(create_snapshot(t.store(), options).left_out == own);
}

TEST_CASE("snapshots: a key named by its public half is never captured, nor is that") {
  TempStore t(false);
  write_file(t.live() + "/beside", "1");
  output_of("chmod 700 '" + t.live() + "' && ssh-keygen -q -t ed25519 -N '' -f '" + t.live() +
            "/id'");
  t.options.key_path = t.live() + "/id.pub";
  t.options.sign_program = "ssh-keygen";  // finds the private half beside the public one
  t.reopen();
  const CreateReport report = t.snapshot();
  CHECK(report.left_out == std::vector<std::string>{t.live() + "/id", t.live() + "/id.pub"});
  const SnapshotTree tree(t.store(), *report.snapshot);
  CHECK(tree.find("beside"));
  CHECK(!tree.find("id"));
  CHECK(!tree.find("id.pub"));
}

TEST_CASE("snapshots: what cannot be read is not said to be deleted") {
  if (geteuid() != 0) return;  // the test takes its own right to read away
  TempStore t;
  output_of(fmt::format("echo 1 > '{0}/k' && touch '{0}/gone'", t.live()));
  const Snapshot first = *t.snapshot("first").snapshot;
  output_of(fmt::format("chmod 000 '{0}/k' && rm '{0}/gone' && chown -R 65534 '{1}'", t.live(),
                        t.dir.path()));
  const Profile profile = t.profile();
  REQUIRE(seteuid(65534) == 0);
  LiveDiff live;
  try {
    live = diff_live(t.store(), first, profile, {}, {.paths = {"k", "gone"}});
  } catch (const Error& error) {
    CHECK_MESSAGE(false, error.what());
  }
  REQUIRE(seteuid(0) == 0);
  REQUIRE(live.losses.size() == 1);
  CHECK(live.losses.front().path == "k");
  REQUIRE(live.changes.size() == 1);
  CHECK(live.changes.front().path == "gone");
}

TEST_CASE("snapshots: a missing root among several is a loss, and not forgotten") {
  TempStore t;
  output_of(fmt::format("cd '{}' && mkdir a b && echo 1 > a/f && echo 2 > b/f", t.live()));
  CreateOptions options;
  options.profile.name = "two";
  options.profile.roots = {
      {.path = t.live() + "/a", .mount = "a", .include = {}, .switch_directory = false},
      {.path = t.live() + "/b", .mount = "b", .include = {"f"}, .switch_directory = false}};
  const Snapshot whole = *create_snapshot(t.store(), options).snapshot;
  output_of(fmt::format("mv '{0}/b' '{0}/away'", t.live()));

  // What may be an unmounted disk is not said to be deleted.
  const LiveDiff live = diff_live(t.store(), whole, options.profile, {});
  CHECK(live.changes.empty());
  REQUIRE(live.losses.size() == 1);
  CHECK(live.losses.front().path == "b");

  const CreateReport report = create_snapshot(t.store(), options);
  REQUIRE(report.losses.size() == 1);
  CHECK(report.losses.front().kind == Loss::Kind::Vanished);
  CHECK(report.losses.front().reason.find("/b' does not exist") != std::string::npos);
  CHECK(report.snapshot->losses == 1);
  CHECK(!SnapshotTree(t.store(), *report.snapshot).find("b"));
  const Profile recorded = find_recorded_profile(t.store(), "two").value();
  REQUIRE(recorded.roots.size() == 2);
  CHECK(recorded.roots[1].path == t.live() + "/b");
  CHECK(recorded.roots[1].mount == "b");
  CHECK(recorded.roots[1].include == std::vector<std::string>{"f"});
  CHECK(recomputed(t).find("ok refs/tags/two/") != std::string::npos);

  output_of(fmt::format("mv '{0}/away' '{0}/b'", t.live()));
  CHECK(create_snapshot(t.store(), options).snapshot->content == whole.content);
}
