#include <sys/stat.h>

#include "restore/store_case.hpp"

namespace stravinsky::test {
namespace {

ino_t inode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_ino;
}

/// `a-b/x` comes bytewise before `a/x`, though a walk meets `a` first.
Snapshot linked(StoreCase& c) {
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/a");
  std::filesystem::create_directories(source + "/a-b");
  write_file(source + "/a-b/x", "linked\n");
  output_of("cd " + source + " && ln a-b/x a/x && ln a-b/x z && mkfifo pipe && ln pipe pipe2");
  return c.take(source);
}

}  // namespace

TEST_CASE("restore: names of one file are names of one file again") {
  StoreCase c;
  const Snapshot snapshot = linked(c);
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  CHECK(issues_of(report) == "");
  CHECK(inode_of(c.dir / "target/a-b/x") == inode_of(c.dir / "target/a/x"));
  CHECK(inode_of(c.dir / "target/a-b/x") == inode_of(c.dir / "target/z"));
  CHECK(text_difference(attributes_of(c.dir / "source"), attributes_of(c.dir / "target")) == "");
}

TEST_CASE("restore: without the first name the others are one file all the same") {
  StoreCase c;
  const Snapshot snapshot = linked(c);
  CHECK(issues_of(c.restore(snapshot, c.dir / "target", {.exclude = {"a-b"}})) == "");
  CHECK(read_text(c.dir / "target/z") == "linked\n");
  CHECK(inode_of(c.dir / "target/a/x") == inode_of(c.dir / "target/z"));
}

TEST_CASE("restore: an older file under the first name is not linked to") {
  StoreCase c;
  const Snapshot snapshot = linked(c);
  std::filesystem::create_directories(c.dir / "target/a-b");
  write_file(c.dir / "target/a-b/x", "edited\n");
  CHECK(issues_of(c.restore(snapshot, c.dir / "target", {.overwrite = Overwrite::Never})) == "");
  CHECK(read_text(c.dir / "target/a-b/x") == "edited\n");
  CHECK(read_text(c.dir / "target/z") == "linked\n");
  CHECK(inode_of(c.dir / "target/a/x") == inode_of(c.dir / "target/z"));
}

TEST_CASE("restore: overwriting joins what had become separate files") {
  StoreCase c;
  const Snapshot snapshot = linked(c);
  c.restore(snapshot, c.dir / "target");
  output_of("cd " + c.dir / "target" + " && cp -p z y && mv y z");
  CHECK(issues_of(c.restore(snapshot, c.dir / "target", {.overwrite = Overwrite::IfChanged})) ==
        "");
  CHECK(inode_of(c.dir / "target/a-b/x") == inode_of(c.dir / "target/z"));
  CHECK(text_difference(attributes_of(c.dir / "source"), attributes_of(c.dir / "target")) == "");
}

TEST_CASE("restore: immutable files and directories come back, hard links to them too") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/d");
  write_file(source + "/d/f", "sealed\n");
  output_of("ln " + source + "/d/f " + source + "/d/g");
  const std::string unseal = "chattr -R -i " + source + " " + c.dir / "target" + " 2>&1";
  if (run("chattr +i " + source + "/d/f && chattr +i " + source + "/d").status != 0) {
    MESSAGE("SKIPPED: no immutable files here");
    return;
  }
  const Snapshot snapshot = c.take(source);
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  const std::string expected = attributes_of(source), actual = attributes_of(c.dir / "target");
  run(unseal);
  CHECK(issues_of(report) == "");
  CHECK(text_difference(expected, actual) == "");
}

}  // namespace stravinsky::test
