#include "refs/ref_map.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "core/hash.hpp"
#include "refs/ref_store.hpp"

using namespace stravinsky;

namespace {

ObjectId id_of(unsigned number) {
  ObjectId id;
  id.data()[0] = static_cast<std::uint8_t>(number);
  id.data()[1] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

using Plain = std::map<std::string, ObjectId, std::less<>>;

bool same(const RefMap& refs, const Plain& plain) {
  return std::equal(
      refs.begin(), refs.end(), plain.begin(), plain.end(),
      [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; });
}

}  // namespace

TEST_CASE("refs: a map of refs does what std::map does, copies included") {
  std::mt19937 engine(7);
  RefMap refs[2];
  Plain plain[2];
  for (unsigned i = 0; i < 4000; ++i) {
    const std::size_t at = engine() % 2;
    const std::string name = "refs/tags/p/n" + std::to_string(engine() % 300);
    switch (engine() % 6) {
      case 0:
      case 1:
        refs[at].emplace(name, id_of(i));
        plain[at].emplace(name, id_of(i));
        break;
      case 2:
        refs[at].insert_or_assign(name, id_of(i));
        plain[at].insert_or_assign(name, id_of(i));
        break;
      case 3:
        refs[at].erase(name);
        plain[at].erase(name);
        break;
      case 4:
        refs[at] = refs[1 - at];  // both go on adding names
        plain[at] = plain[1 - at];
        break;
      default:
        CHECK(refs[at].contains(name) == plain[at].contains(name));
        const auto from = refs[at].lower_bound(name);
        const auto plain_from = plain[at].lower_bound(name);
        REQUIRE((from == refs[at].end()) == (plain_from == plain[at].end()));
        if (from != refs[at].end()) CHECK(from->first == plain_from->first);
    }
    REQUIRE(same(refs[at], plain[at]));
  }
  RefMap both = refs[0].over(refs[1]);
  Plain merged = plain[0];
  merged.insert(plain[1].begin(), plain[1].end());
  refs[0] = RefMap();
  refs[1] = RefMap();
  CHECK(same(both, merged));  // its names are its own
}

TEST_CASE("refs: of refs appended in any order the first of a name stays") {
  RefMap refs;
  for (const unsigned number : {5U, 3U, 9U, 3U, 5U, 1U}) {
    refs.append("refs/heads/" + std::to_string(number), id_of(number * 10 + 1));
  }
  refs.append("refs/heads/3", id_of(1));
  refs.sort();
  REQUIRE(refs.size() == 4);
  CHECK(refs.begin()->first == "refs/heads/1");
  CHECK(refs.find("refs/heads/3")->second == id_of(31));
}

TEST_CASE("refs: the digest is that of the lines, of those that events cover") {
  RefMap refs;
  CHECK(digest_of(refs) == sha256(""));
  refs.emplace(kAuditRef, id_of(1));
  refs.emplace("refs/remotes/origin/main", id_of(2));
  CHECK(lines_of(refs).empty());
  for (unsigned i = 0; i < 3000; ++i) {  // more than are hashed at once
    refs.emplace("refs/tags/p/n" + std::to_string(i), id_of(i));
    if (i % 500 == 0 || i > 2900) CHECK(digest_of(refs) == sha256(lines_of(refs)));
  }
  CHECK(lines_of(refs).starts_with(id_of(0).hex() + " refs/tags/p/n0\n"));
}
