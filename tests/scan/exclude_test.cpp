#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scan/memory_sink.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::Scans;
using test::TempDir;
using test::write_file;

namespace {

constexpr char kTag[] = "Signature: 8a477f597d28d172789f06886806bc55\n# by a test\n";

/// Directories and files named by their paths; directories end in '/'.
struct Tree {
  TempDir dir;
  explicit Tree(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      fs::make_directories(dir / path.substr(0, path.rfind('/') + 1));
      if (path.back() != '/') write_file(dir / path, path);
    }
  }
};

/// Writes into a file without a change to its directory.
void rewrite(const std::string& path, std::string_view content) {
  const fs::Fd fd = fs::open(path, O_WRONLY | O_TRUNC);
  fs::write_all(fd.get(), as_bytes(content), path);
}

bool knows_mtime(const Scans& scans, const std::string& path) {
  return scans.sink.directories.at(path).self.mtime.has_value();
}

}  // namespace

TEST_CASE("scan: excluded directories are never opened, and their parents have no time") {
  const Tree tree({"keep/a", "keep/b.log", "cache/x", "sub/cache/y", "sub/z"});
  Scans scans(tree.dir.path());
  scans.options.exclude.patterns = {"cache/", "*.log", "!/sub/cache/"};
  test::output_of("chmod 0 " + (tree.dir / "cache"));
  test::output_of("touch -a -d '2001-01-01 00:00:00Z' " + (tree.dir / "cache"));
  const ScanResult result = scans();
  CHECK(scans.sink.names("") == "keep sub");
  CHECK(scans.sink.names("keep") == "a");
  CHECK(scans.sink.names("sub/cache") == "y");
  CHECK(!knows_mtime(scans, ""));
  CHECK(!knows_mtime(scans, "keep"));
  CHECK(knows_mtime(scans, "sub"));
  CHECK(result.losses.empty());
  CHECK(result.left_out.empty());
  CHECK(test::output_of("stat -c %X " + (tree.dir / "cache")) == "978307200\n");
  CHECK(scans().top == result.top);
  CHECK(scans.sink.put.empty());

  // Other patterns: the cache does not hide what they bring back.
  scans.options.exclude.patterns = {"cache"};
  scans();
  CHECK(scans.sink.names("keep") == "a b.log");
  CHECK(scans.sink.names("sub") == "z");
  CHECK(knows_mtime(scans, "keep"));
}

TEST_CASE("scan: ignore files are obeyed, also when they change and their directory does not") {
  const Tree tree({"a/x.o", "a/x.c", "a/b/x.o", "a/b/keep.o", "b/x.o", "b/x.tmp"});
  write_file(tree.dir / ".stravinskyignore", "*.o\n");
  write_file(tree.dir / "a/b/.stravinskyignore", "!keep.o\n");
  write_file(tree.dir / ".gitignore", "*.tmp\n");
  Scans scans(tree.dir.path());
  scans();
  CHECK(scans.sink.names("a") == "b x.c");
  CHECK(scans.sink.names("a/b") == ".stravinskyignore keep.o");
  CHECK(scans.sink.names("b") == "x.tmp");
  scans();
  CHECK(scans.sink.put.empty());

  rewrite(tree.dir / ".stravinskyignore", "*.c\n");
  scans();
  CHECK(scans.sink.names("a") == "b x.o");
  CHECK(scans.sink.names("a/b") == ".stravinskyignore keep.o x.o");

  scans.options.exclude.gitignore = true;
  scans();
  CHECK(scans.sink.names("b") == "x.o");
  // Ours wins over git's, the options over both.
  rewrite(tree.dir / ".stravinskyignore", "!*.tmp\n!x.c\n");
  scans.options.exclude.patterns = {"x.c"};
  scans();
  CHECK(scans.sink.names("b") == "x.o x.tmp");
  CHECK(scans.sink.names("a") == "b x.o");
}

TEST_CASE("scan: an ignore file that cannot be obeyed is said so and nothing is left out for it") {
  const Tree tree({"a"});
  REQUIRE(mkfifo((tree.dir / ".stravinskyignore").c_str(), 0600) == 0);
  Scans scans(tree.dir.path());
  const ScanResult result = scans();
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings.front().find("cannot obey") == 0);
  CHECK(scans.sink.names("") == ".stravinskyignore a");
}

TEST_CASE("scan: of a cache only its tag is taken, if that has the right signature") {
  const Tree tree({"cache/x", "cache/sub/y", "fake/x"});
  write_file(tree.dir / "cache/CACHEDIR.TAG", kTag);
  write_file(tree.dir / "fake/CACHEDIR.TAG", "Signature: no");
  Scans scans(tree.dir.path());
  scans.options.exclude.caches = true;
  scans();
  CHECK(scans.sink.names("cache") == "CACHEDIR.TAG");
  CHECK(scans.sink.names("fake") == "CACHEDIR.TAG x");
  CHECK(!knows_mtime(scans, "cache"));
  scans();
  CHECK(scans.sink.put.empty());
  // The tag changes, its directory does not.
  rewrite(tree.dir / "cache/CACHEDIR.TAG", "Signature: none\n");
  rewrite(tree.dir / "fake/CACHEDIR.TAG", kTag);
  scans();
  CHECK(scans.sink.names("cache") == "CACHEDIR.TAG sub x");
  CHECK(scans.sink.names("fake") == "CACHEDIR.TAG");
}

TEST_CASE("scan: directories that hold a given file are left out until they do not") {
  const Tree tree({"a/.nobackup", "a/x", "b/x"});
  Scans scans(tree.dir.path());
  scans.options.exclude.if_present = {"other", ".nobackup"};
  const ScanResult result = scans();
  CHECK(scans.sink.names("") == "b");
  CHECK(result.directories == 1);
  CHECK(result.entries == 2);
  CHECK(!knows_mtime(scans, ""));
  fs::remove_file(tree.dir / "a/.nobackup");
  CHECK(scans().directories == 2);
  CHECK(scans.sink.names("") == "a b");
  write_file(tree.dir / "b/other", "");
  scans();
  CHECK(scans.sink.names("") == "a");
}

TEST_CASE("scan: files over the limit are left out for as long as they are") {
  const Tree tree({"x", "y", "z"});
  rewrite(tree.dir / "y", std::string(100, 'y'));
  Scans scans(tree.dir.path());
  scans.options.exclude.larger_than = 10;
  CHECK(scans().losses.empty());
  CHECK(scans.sink.names("") == "x z");
  rewrite(tree.dir / "y", "small");
  rewrite(tree.dir / "z", std::string(11, 'z'));
  scans();
  CHECK(scans.sink.names("") == "x y");
}

TEST_CASE("scan: included are matches, what lies below them and the way to them") {
  const Tree tree({".claude/a/b", ".mcp.json", "CLAUDE.md", "CLAUDE.local.md", "docs/CLAUDE.md",
                   "src/deep/wanted/x", "src/deep/other/x", "README"});
  Scans scans(tree.dir.path());
  scans.options.roots[0].include = {".claude/**", ".mcp.json", "CLAUDE*.md", "src/*/wanted"};
  scans();
  CHECK(scans.sink.names("") == ".claude .mcp.json CLAUDE.local.md CLAUDE.md src");
  CHECK(scans.sink.names(".claude/a") == "b");
  CHECK(scans.sink.names("src/deep") == "wanted");
  CHECK(scans.sink.names("src/deep/wanted") == "x");
}

TEST_CASE("scan: the store, keys and stages are never captured, and said so each time") {
  const Tree tree(
      {"store/objects", "sub/key", "sub/x", "sub/.stravinsky-stage-1/y", ".stravinsky-stage-file"});
  REQUIRE(link((tree.dir / "sub/key").c_str(), (tree.dir / "other-name").c_str()) == 0);
  REQUIRE(symlink("store", (tree.dir / "to-store").c_str()) == 0);
  const TempDir outer;
  REQUIRE(symlink("nowhere", (outer / "dangling").c_str()) == 0);
  Scans scans(tree.dir.path());
  scans.options.never = {tree.dir / "to-store/../store", tree.dir / "sub/key", tree.dir / "missing",
                         outer / "dangling"};
  scans.options.exclude.patterns = {"!store"};
  for (int round = 0; round < 2; ++round) {
    const ScanResult result = scans();
    CHECK(result.left_out == std::vector<std::string>{tree.dir / "other-name", tree.dir / "store",
                                                      tree.dir / "sub/.stravinsky-stage-1",
                                                      tree.dir / "sub/key"});
    CHECK(result.losses.empty());
    CHECK(scans.sink.names("") == ".stravinsky-stage-file sub to-store");
    CHECK(scans.sink.names("sub") == "x");
    CHECK(!knows_mtime(scans, "sub"));
  }
  scans.options.never = {tree.dir / "store"};
  scans();
  CHECK(scans.sink.names("sub") == "key x");
}

TEST_CASE("scan: mounts are kept as empty directories or entered, mount loops never") {
  if (geteuid() != 0) return;  // only root may mount
  const Tree tree({"mounted/x", "sub/loop/", "sub/y"});
  const TempDir outer;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::string answer;
    try {
      if (unshare(CLONE_NEWNS) != 0 ||
          mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          mount("none", (tree.dir / "mounted").c_str(), "tmpfs", 0, nullptr) != 0 ||
          mount(tree.dir.path().c_str(), (tree.dir / "sub/loop").c_str(), nullptr, MS_BIND,
                nullptr) != 0) {
        throw std::runtime_error("cannot mount");
      }
      write_file(tree.dir / "mounted/inside", "inside");
      Scans scans(tree.dir.path());
      ScanResult result = scans();
      answer += scans.sink.names("mounted") + "; " + scans.sink.names("sub/loop") + "; " +
                std::to_string(result.warnings.size()) + " " + std::to_string(result.losses.size());
      scans();
      answer += " " + std::to_string(scans.sink.put.size());
      scans.options.exclude.one_file_system = true;
      result = scans();
      answer += "; " + scans.sink.names("mounted") + "; " + scans.sink.names("");
      scans();
      answer += " " + std::to_string(scans.sink.put.size());
    } catch (const std::exception& error) {
      answer = error.what();
    }
    write_file(outer / "answer", answer);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(fs::read_file(outer / "answer") == "inside; ; 1 0 0; ; mounted sub 0");
}
