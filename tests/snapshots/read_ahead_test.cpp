#include "snapshots/read_ahead.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

namespace stravinsky {
namespace {

/// One entry, of the name that the path has, in each directory; counts what is read.
struct Made {
  ComparedTree tree{{}, [this](const StoredDirectory&, const std::string& path) {
                      ++reads;
                      if (path == broken) throw std::runtime_error("broken");
                      auto directory = std::make_shared<Directory>();
                      directory->nodes.emplace_back().entry.name = path;
                      return directory;
                    }};
  std::string broken;
  std::atomic<int> reads{0};
};

using Pairs = std::vector<std::shared_ptr<ReadAhead::Pair>>;

void expect(ReadAhead& ahead, Pairs& pairs, const std::string& path, bool on_a = true) {
  const StoredDirectory stored;
  pairs.push_back(
      std::make_shared<ReadAhead::Pair>(path, on_a ? std::optional(stored) : std::nullopt, stored));
  ahead.expect(pairs.back());
}

std::shared_ptr<ReadAhead::Pair> take(ReadAhead& ahead, Pairs& pairs) {
  std::shared_ptr<ReadAhead::Pair> pair = std::move(pairs.back());
  pairs.pop_back();
  ahead.take(*pair);
  return pair;
}

}  // namespace

TEST_CASE("read ahead: each directory is read once, whoever reads it") {
  Made a, b;
  ReadAhead ahead(a.tree, b.tree);
  Pairs pairs;
  expect(ahead, pairs, "top");
  int taken = 0;
  while (!pairs.empty()) {
    const auto pair = take(ahead, pairs);
    ++taken;
    REQUIRE(pair->a().nodes.size() == 1);
    CHECK(pair->a().nodes.front().entry.name == pair->path());
    CHECK(pair->b().nodes.front().entry.name == pair->path());
    if (taken > 2000) continue;
    for (const char* name : {"/x", "/y", "/z"}) expect(ahead, pairs, pair->path() + name);
  }
  CHECK(taken == 6001);
  CHECK(a.reads == taken);
  CHECK(b.reads == taken);
}

TEST_CASE("read ahead: a failure is of its side and comes when that is asked for") {
  Made a, b;
  a.broken = "7";
  ReadAhead ahead(a.tree, b.tree);
  Pairs pairs;
  for (int i = 0; i < 40; ++i) expect(ahead, pairs, std::to_string(i));
  while (!pairs.empty()) {
    const auto pair = take(ahead, pairs);
    if (pair->path() == "7") {
      CHECK_THROWS_AS(pair->a(), std::runtime_error);
    } else {
      CHECK(pair->a().nodes.size() == 1);
    }
    CHECK(pair->b().nodes.size() == 1);
  }
}

TEST_CASE("read ahead: a side without the directory has no entries") {
  Made a, b;
  ReadAhead ahead(a.tree, b.tree);
  Pairs pairs;
  for (int i = 0; i < 40; ++i) expect(ahead, pairs, std::to_string(i), i % 2 == 0);
  while (!pairs.empty()) {
    const auto pair = take(ahead, pairs);
    CHECK(pair->a().nodes.size() == (pair->stored_a() ? 1 : 0));
  }
  CHECK(a.reads == 20);
  CHECK(b.reads == 40);
}

TEST_CASE("read ahead: what nobody takes is bounded and goes with it") {
  Made a, b;
  {
    ReadAhead ahead(a.tree, b.tree);
    Pairs pairs;
    for (int i = 0; i < 5000; ++i) expect(ahead, pairs, std::to_string(i));
    CHECK(a.reads <= 64);
  }
  CHECK(a.reads <= 64);
  CHECK(b.reads <= 64);
}

}  // namespace stravinsky
