#include "stravinsky/verify.hpp"

#include <algorithm>
#include <atomic>

#include "restore/damage.hpp"
#include "restore/store_case.hpp"

namespace stravinsky::test {
namespace {

std::string problems_of(const VerifyReport& report) {
  std::string text;
  for (const VerifyProblem& problem : report.problems) {
    text += fmt::format("{}|{}|{}|{}\n", problem.snapshot, problem.path, problem.kind,
                        problem.signature ? "signature" : "bytes");
  }
  return text;
}

/// Two snapshots that share most of what they hold.
std::vector<Snapshot> two_snapshots(StoreCase& c) {
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/d/e");
  for (int i = 0; i < 20; ++i) {
    write_file(source + "/d/" + std::to_string(i), output_of(fmt::format("seq {} 500", i)));
  }
  write_file(source + "/d/e/deep", "deep\n");
  std::filesystem::create_symlink("d", source + "/link");
  std::vector<Snapshot> snapshots{c.take(source)};
  write_file(source + "/new", "new\n");
  snapshots.push_back(c.take(source));
  return snapshots;
}

}  // namespace

TEST_CASE("restore: verify tells how far it is, whether it reads the files' bytes or not") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  CountingProgress whole, one, data;
  verify(c.store, {}, whole);
  CHECK(whole.files == 22);  // what both snapshots share is looked at once
  CHECK(whole.bytes > 0);
  verify(c.store, {.snapshots = {snapshots[0]}}, one);
  CHECK(one.files == 21);
  verify(c.store, {.snapshots = {snapshots[0]}, .read_data = true}, data);
  CHECK(data.files == 21);
  CHECK(data.bytes > 0);
}

TEST_CASE("restore: an intact store verifies, and every way of reading it does [S15]") {
  StoreCase c;
  make_nasty_tree(c.dir / "nasty", 2, "--size 100");
  c.take(c.dir / "nasty");
  two_snapshots(c);
  c.reopen();
  const VerifyReport quick = verify(c.store, {});
  CHECK(problems_of(quick) == "");
  CHECK(quick.ok);
  CHECK(quick.snapshots_checked == 3);
  CHECK(problems_of(verify(c.store, {.read_data = true})) == "");
  VerifyOptions restoring{.restore_test = true, .scratch = c.dir / "scratch"};
  std::filesystem::create_directory(restoring.scratch);
  CHECK(problems_of(verify(c.store, restoring)) == "");
  CHECK(std::filesystem::is_empty(restoring.scratch));
}

TEST_CASE("restore: verify names every snapshot and path that damaged content reaches") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  damage_object(c.store.git_dir(), snapshots[0].commit.hex() + ":d/7");
  c.referee.expect_damage();
  c.reopen();
  // Without reading the files only a pass over the packs can see it.
  const VerifyReport packs = verify(c.store, {});
  CHECK_FALSE(packs.ok);
  CHECK(problems_of(packs).find(".pack|object|bytes") != std::string::npos);
  CHECK(problems_of(verify(c.store, {.snapshots = snapshots})) == "");
  CHECK(problems_of(verify(c.store, {.snapshots = snapshots, .read_data = true})) ==
        "tree/s1|d/7|corrupt|bytes\ntree/s2|d/7|corrupt|bytes\n");
}

TEST_CASE("restore: verify names every snapshot that a damaged directory reaches") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  damage_object(c.store.git_dir(), snapshots[0].commit.hex() + ":.stravinsky/meta/d/e/%mtree");
  c.referee.expect_damage();
  c.reopen();
  CHECK(problems_of(verify(c.store, {.snapshots = snapshots})) ==
        "tree/s1|d/e|corrupt|bytes\ntree/s2|d/e|corrupt|bytes\n");
}

TEST_CASE("restore: the parts of a subset make the whole, whatever their number") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  const std::uint64_t all = verify(c.store, {.snapshots = snapshots, .read_data = true}).bytes_read;
  for (const unsigned parts : {1U, 2U, 5U}) {
    std::uint64_t sum = 0;
    for (unsigned part = 1; part <= parts; ++part) {
      sum += verify(c.store, {.snapshots = snapshots, .read_part = {{part, parts}}}).bytes_read;
    }
    CHECK(sum == all);
  }
  CHECK(verify(c.store, {.snapshots = snapshots}).bytes_read == 0);
  CHECK(verify(c.store, {.snapshots = snapshots, .read_fraction = 1}).bytes_read == all);
  const auto half = [&](std::uint64_t seed) {
    return verify(c.store, {.snapshots = snapshots, .read_fraction = 0.5, .subset_seed = seed})
        .bytes_read;
  };
  CHECK(half(1) == half(1));
  std::vector<std::uint64_t> reads;
  for (std::uint64_t seed = 0; seed < 8; ++seed) reads.push_back(half(seed));
  CHECK(*std::min_element(reads.begin(), reads.end()) < all);
  CHECK(*std::max_element(reads.begin(), reads.end()) > 0);
  CHECK(error_of([&] { verify(c.store, {.read_part = {{3, 2}}}); }) == Errc::Invalid);
}

TEST_CASE("restore: verify sees a snapshot that somebody else made or changed") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  const std::string git = "git -C " + c.store.git_dir() + " ";
  // The same tree under another message, with the old signature, and without any.
  output_of(git + "cat-file commit " + snapshots[0].commit.hex() + " > " + c.dir / "commit");
  const auto forge = [&](const std::string& edit) {
    std::string id = output_of("sed '" + edit + "' " + c.dir / "commit" + " | " + git +
                               "hash-object -t commit -w --stdin");
    id.pop_back();
    Snapshot forged = snapshots[0];
    forged.commit = *ObjectId::from_hex(id);
    c.reopen();
    return verify(c.store, {.snapshots = {forged}});
  };
  CHECK(problems_of(forge("s/^Class: named/Class: routine/")) == "tree/s1||signature|signature\n");
  CHECK(problems_of(forge("/^gpgsig/,/END SSH/d")) == "tree/s1||signature|signature\n");
}

TEST_CASE("restore: verify compares the counts that a snapshot states") {
  StoreCase c;
  Snapshot snapshot = two_snapshots(c)[0];
  ++snapshot.entries;
  CHECK(problems_of(verify(c.store, {.snapshots = {snapshot}})) == "tree/s1||counts|bytes\n");
  --snapshot.entries;
  ++snapshot.losses;
  CHECK(problems_of(verify(c.store, {.snapshots = {snapshot}})) ==
        "tree/s1|.stravinsky/snapshot.json|counts|bytes\n");
}

TEST_CASE("restore: verify sees refs that moved behind the chain's back") {
  StoreCase c;
  const auto snapshots = two_snapshots(c);
  // A ref that is only missing is put back from the chain: another commit is what nobody recorded.
  output_of("git -C " + c.store.git_dir() + " update-ref refs/stravinsky/good/tree " +
            snapshots[0].commit.hex());
  c.reopen();
  const VerifyReport report = verify(c.store, {});
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0].signature);
  CHECK(report.problems[0].path == "refs/heads/audit");
  CHECK(report.problems[0].detail.find("refs/stravinsky/good/tree") != std::string::npos);
  // What no single snapshot is asked about.
  CHECK(verify(c.store, {.snapshots = snapshots}).ok);
}

TEST_CASE("restore: verify names files that make git see another history") {
  StoreCase c;
  c.referee.expect_damage();
  two_snapshots(c);
  const std::string info = c.store.git_dir() + "/info";
  std::filesystem::create_directories(info);
  write_file(info + "/grafts", "");
  write_file(c.store.git_dir() + "/shallow", "");
  c.reopen();
  const std::string problems = problems_of(verify(c.store, {}));
  CHECK(problems.find("|info/grafts|foreign") != std::string::npos);
  CHECK(problems.find("|shallow|foreign") != std::string::npos);
}

TEST_CASE("restore: verify names what keeps plain git out of the store, or lets it delete") {
  StoreCase c;
  c.referee.expect_damage();
  two_snapshots(c);
  const std::string git_dir = c.store.git_dir();
  output_of("git -C " + git_dir + " config gc.auto 6700");
  output_of("git -C " + git_dir + " config --unset maintenance.auto");
  write_file(git_dir + "/HEAD", "refs/heads/audit\n");
  c.reopen();
  CHECK(problems_of(verify(c.store, {})) ==
        "|HEAD|ref|bytes\n|config|setting|bytes\n|config|setting|bytes\n");
  write_file(git_dir + "/config", "[core\n");
  write_file(git_dir + "/HEAD", "ref: refs/heads/audit\n");
  c.reopen();
  CHECK(problems_of(verify(c.store, {})) == "|config|corrupt|bytes\n");
}

TEST_CASE("restore: verify asks nothing of a clone's own settings and HEAD") {
  StoreCase c;
  two_snapshots(c);
  const std::string clone = c.dir / "clone";
  output_of("git clone -q --mirror " + c.store.git_dir() + " " + clone);
  output_of("git -C " + clone + " update-ref --no-deref HEAD refs/heads/audit");
  const Store read = Store::open({.path = clone}, Access::Read);
  CHECK(problems_of(verify(read, {})) == "");
}

}  // namespace stravinsky::test
