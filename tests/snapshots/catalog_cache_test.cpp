#include "snapshots/catalog_cache.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "fs/append_file.hpp"
#include "fs/file.hpp"
#include "support/temp_store.hpp"

namespace stravinsky::test {
namespace {

std::string cache_path(const TempStore& t) { return t.git_dir() + "/stravinsky/cache/snapshots"; }

/// Ten snapshots, one of them renamed, as `list` has them: newest first.
TempStore& fill(TempStore& t) {
  for (int i = 0; i < 10; ++i) {
    write_file(t.live() + "/file", std::to_string(i));
    t.clock->advance(std::chrono::seconds(i % 3 == 0 ? -60 : 60));  // clocks go backwards too
    t.snapshot("s" + std::to_string(i), "number " + std::to_string(i));
  }
  rename(t.store(), resolve(t.store(), "s3", {"live"}).snapshot, "third");
  return t;
}

std::string listed(TempStore& t) {
  const Store store = Store::open(t.options, Access::Read);
  std::string text;
  for (const Snapshot& snapshot : list_snapshots(store, {.profile = "live"})) {
    text += fmt::format("{} {} {} {}\n", snapshot.name, snapshot.commit.hex(), snapshot.description,
                        snapshot.content.hex());
  }
  CHECK(store.remarks().empty());
  return text;
}

const char* const kOrder = "s9 s8 s7 s6 s5 s4 third s2 s1 s0 ";

std::string names_of(const std::string& listed) {
  std::string names;
  for (const std::string& line : TempStore::lines_of_output(listed)) {
    names += line.substr(0, line.find(' ')) + " ";
  }
  return names;
}

}  // namespace

TEST_CASE("snapshots: a list is the same with its cache, without, and with a damaged one") {
  TempStore t;
  fill(t);
  const std::string expected = listed(t);
  CHECK(names_of(expected) == kOrder);
  const std::string cache = fs::read_file(cache_path(t));
  CHECK(CatalogCache(cache_path(t)).size() == 10);
  std::filesystem::remove(cache_path(t));
  CHECK(listed(t) == expected);
  for (const std::string& damaged :
       {std::string(), cache.substr(0, cache.size() - 5), cache.substr(3),
        cache + "snaprec1\xff\xff",
        cache.substr(0, 900) + std::string(300, '\0') + cache.substr(1200), cache + cache}) {
    write_file(cache_path(t), damaged);
    CHECK(listed(t) == expected);
  }
}

TEST_CASE("snapshots: the cache's word is not taken for a commit") {
  TempStore t;
  fill(t);
  const std::string expected = listed(t);
  const CatalogCache cache(cache_path(t));
  const ObjectId newest = resolve(t.store(), "s9", {"live"}).snapshot.commit;
  const auto commit = cache.find_commit(newest);
  REQUIRE(commit);
  std::string forged(*commit);
  forged.replace(forged.find("number 9"), 8, "number X");
  const ObjectId story = *ObjectId::from_hex(t.git("rev-parse refs/heads/live").substr(0, 40));
  const CatalogRecord* record = cache.find_story(story);
  REQUIRE(record != nullptr);
  fs::append_file(cache_path(t),
                  as_bytes(encode_record({story, record->story_parent, newest, forged})));
  CHECK_FALSE(CatalogCache(cache_path(t)).find_commit(newest));
  CHECK(listed(t) == expected);
}

TEST_CASE("snapshots: a writer that finds no cache makes one of all snapshots") {
  TempStore t;
  fill(t);
  std::filesystem::remove_all(t.git_dir() + "/stravinsky/cache");
  t.reopen();
  write_file(t.live() + "/file", "last");
  t.snapshot("last");
  CHECK(CatalogCache(cache_path(t)).size() == 11);
  CHECK(names_of(listed(t)) == "last " + std::string(kOrder));
}

}  // namespace stravinsky::test
