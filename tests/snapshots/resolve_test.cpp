#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "stravinsky/error.hpp"
#include "stravinsky/verify.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

struct Three {
  Three() {
    write_file(t.live() + "/f", "1");
    CreateOptions options;
    options.profile = t.profile();
    for (const char* name : {"one", "two", "three"}) {
      options.name = name;
      options.version_label = std::string(name) == "one" ? "v1" : "v2";
      create_snapshot(t.store(), options);
      t.clock->advance(std::chrono::hours(24));
    }
  }
  std::string name_of(const std::string& ref) {
    return resolve(t.store(), ref, {"live"}).snapshot.name;
  }
  std::optional<Errc> error(const std::string& ref) {
    return error_of([&] { resolve(t.store(), ref, {"live"}); });
  }
  TempStore t;
};

}  // namespace

TEST_CASE("snapshots: every form of a reference finds its snapshot") {
  Three s;
  CHECK(s.name_of("one") == "one");
  CHECK(s.name_of("ONE") == "one");
  CHECK(s.name_of("v1") == "one");
  CHECK(s.name_of("v2") == "three");
  CHECK(s.name_of("latest") == "three");
  CHECK(s.name_of("latest~1") == "two");
  CHECK(s.name_of("latest~") == "two");
  CHECK(s.name_of("latest~2") == "one");
  CHECK(s.name_of("current") == "three");
  CHECK(s.name_of("current~1") == "two");
  CHECK(s.name_of("live/one") == "one");
  CHECK(s.name_of("tags/live/two") == "two");
  CHECK(s.name_of("refs/tags/live/two") == "two");
  CHECK(s.name_of("refs/stravinsky/current/live") == "three");
  const std::string hex = resolve(s.t.store(), "two", {"live"}).snapshot.commit.hex();
  CHECK(s.name_of(hex) == "two");
  CHECK(s.name_of(hex.substr(0, 12)) == "two");
  CHECK(s.name_of("@2025-11-21") == "two");
  CHECK(s.name_of("@2025-11-21T09:29") == "one");
  CHECK(s.name_of("@1d") == "three");
  CHECK(s.name_of("@30h") == "two");
}

TEST_CASE("snapshots: what names nothing is not found, with a word on what to type [P11]") {
  Three s;
  for (const char* ref :
       {"four", "latest~3", "v3", "@2001-01-01", "last-good", "previous", "v1@release",
        "refs/tags/live/none", "deadbeefdeadbeef", "HEAD", "latest~x", "latest^", "one:f"}) {
    CHECK_MESSAGE(s.error(ref) == Errc::NotFound, ref);
  }
  CHECK(s.error("@soon") == Errc::Invalid);
  CHECK(s.error("") == Errc::Invalid);
  try {
    resolve(s.t.store(), "thre", {"live"});
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.remedy() == "did you mean three?");
  }
  const std::vector<std::pair<std::string, std::string>> too_far = {
      {"latest~3", "latest~2"}, {"current~99", "current~2"}, {"live/latest~7", "live/latest~2"}};
  for (const auto& [ref, near] : too_far) {
    try {
      resolve(s.t.store(), ref, {"live"});
      FAIL("found");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).ends_with("3 snapshots in the profile 'live' is " + near));
      CHECK(error.remedy() == "did you mean " + near + "? see `stravinsky list`");
    }
  }
  try {
    resolve(s.t.store(), "one", {"other"});
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.remedy() == "name it as live/one");
  }
}

TEST_CASE("snapshots: the newest is the one made last, also when the clock went back") {
  Three s;
  s.t.clock->set(1'000'000'000);
  CreateOptions options;
  options.profile = s.t.profile();
  options.name = "past";
  create_snapshot(s.t.store(), options);
  CHECK(s.name_of("latest") == "past");
  CHECK(s.name_of("latest~1") == "three");
}

TEST_CASE("snapshots: a list of several profiles keeps the order of each, whatever clocks said") {
  Three s;
  s.t.clock->set(1'000'000'000);
  CreateOptions options;
  options.profile = s.t.profile();
  options.name = "past";
  create_snapshot(s.t.store(), options);
  options.profile.name = "other";
  for (const char* name : {"first", "second"}) {
    options.name = name;
    s.t.clock->advance(std::chrono::hours(1));
    create_snapshot(s.t.store(), options);
  }
  std::string names;
  for (const Snapshot& snapshot : list_snapshots(s.t.store())) names += snapshot.name + " ";
  CHECK(names == "second first past three two one ");
  names.clear();
  for (const Snapshot& snapshot : list_snapshots(s.t.store(), {.limit = 4})) {
    names += snapshot.name + " ";
  }
  CHECK(names == "second first past three ");
}

TEST_CASE("snapshots: one damaged snapshot does not hide the others") {
  Three s;
  const std::string blob = s.t.git("rev-parse live/one:f").substr(0, 40);
  s.t.git("update-ref refs/tags/live/odd " + blob);
  CHECK(list_snapshots(s.t.store(), {.profile = "live"}).size() == 3);
  CHECK(s.error("odd").has_value());
}

TEST_CASE("snapshots: a tag moved or deleted behind our back is read where the chain put it") {
  Three s;
  const auto commit_of = [](const Store& store, const std::string& ref) {
    return resolve(store, ref, {"live"}).snapshot.commit;
  };
  const ObjectId one = commit_of(s.t.store(), "one"), two = commit_of(s.t.store(), "two");
  SUBCASE("moved") { s.t.git("update-ref refs/tags/live/one " + two.hex()); }
  SUBCASE("deleted") { s.t.git("update-ref -d refs/tags/live/one"); }
  SUBCASE("made") { s.t.git("update-ref refs/tags/live/other " + two.hex()); }
  s.t.close();
  // INIT and three snapshots, settled: else a ref that is missing looks like a crash.
  write_file(s.t.git_dir() + "/stravinsky/applied", "4\n");
  const Store reader = Store::open(s.t.options, Access::Read);
  CHECK(commit_of(reader, "one") == one);
  CHECK(commit_of(reader, "two") == two);
  REQUIRE(reader.remarks().size() == 1);
  CHECK(reader.remarks().front().find("the ref 'refs/tags/live/o") == 0);
  const VerifyReport report = verify(reader, {});
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems.front().kind == "ref");
}

TEST_CASE("snapshots: a reader that writers overtake sees no ref out of place") {
  TempStore t;
  t.snapshot("first");
  const Store reader = Store::open(t.options, Access::Read);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 30; ++i) {
      write_file(t.live() + "/f", std::to_string(i));
      t.snapshot("s" + std::to_string(i));
    }
    done = true;
  });
  bool clean = true;
  while (!done) {
    clean = clean && list_snapshots(reader).size() >= 1;
    for (const VerifyProblem& problem : verify(reader, {}).problems) {
      clean = false;
      MESSAGE(problem.kind << " " << problem.detail);
    }
  }
  writer.join();
  CHECK(clean);
  for (const std::string& remark : reader.remarks()) {
    CHECK_MESSAGE(remark.find("put it") == std::string::npos, remark);
    CHECK_MESSAGE(remark.find("put them") == std::string::npos, remark);
  }
  CHECK(list_snapshots(reader).size() == 31);
}
