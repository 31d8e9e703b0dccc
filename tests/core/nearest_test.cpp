#include "stravinsky/nearest.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace stravinsky;

TEST_CASE("core: the nearest name is the one with the fewest slips") {
  const std::vector<std::string> known = {"max_versions", "retention_days", "threads", "key"};
  CHECK(find_nearest("max_version", known) == "max_versions");
  CHECK(find_nearest("retnetion_days", known) == "retention_days");
  CHECK(find_nearest("thraeds", known) == "threads");
  CHECK(find_nearest("kye", known) == "key");  // a swap is one slip
  CHECK(find_nearest("key", known) == "key");
  CHECK(!find_nearest("zzz", known));
  CHECK(!find_nearest("", known));
  CHECK(!find_nearest("something_else", known));
  CHECK(!find_nearest(std::string(1'000'000, 'k'), known));
}

TEST_CASE("core: several near names come best first, beginnings before slips") {
  const std::vector<std::string> known = {"three", "tree", "throne", "one", "three"};
  CHECK(nearest("thre", known) == std::vector<std::string>{"three", "tree", "throne"});
  CHECK(nearest("thre", known, 1) == std::vector<std::string>{"three"});
  CHECK(nearest("", known).empty());
}
