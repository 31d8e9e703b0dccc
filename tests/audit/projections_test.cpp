#include "audit/projections.hpp"

#include <doctest/doctest.h>

#include "support/temp_store.hpp"
#include "transaction/store_parts.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

/// INIT and two snapshots, projected beside the store.
struct Projected {
  Projected() {
    for (const char* name : {"one", "two"}) {
      write_file(t.live() + "/f", name);
      t.snapshot(name);
    }
    fs::make_directories(t.dir / "audit");
    places.directory = t.dir / "audit";
    places.seal = t.dir / "seal";
  }
  std::vector<std::string> update() {
    Store::Parts& parts = t.store().parts();
    return update_projections(*parts.database, parts.head().id, places, t.clock->now());
  }
  std::size_t lines() const {
    const std::string text = fs::find_file(places.directory + "/operations.log").value_or("");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  std::vector<std::string> archived() const {
    if (!fs::exists(places.directory + "/archive")) return {};
    return TempStore::lines_of_output(output_of("ls " + places.directory + "/archive"));
  }
  TempStore t;
  ProjectionPlaces places;
};

}  // namespace

TEST_CASE("audit: a log that grew too large is packed away, and the next begins behind it [S29]") {
  Projected p;
  p.places.rotation_bytes = 100;
  p.update();
  REQUIRE(p.archived().size() == 1);
  CHECK(p.lines() == 0);
  const std::string file = p.places.directory + "/archive/" + p.archived().front();
  CHECK(output_of("gzip -dc " + file + " | grep -c '\"sequence\":'") == "3\n");
  p.places.rotation_bytes = 1 << 20;
  write_file(p.t.live() + "/f", "three");
  p.t.snapshot("three");
  CHECK(p.update().empty());
  CHECK(p.lines() == 1);
}

TEST_CASE("audit: what stands in a log that has no events yet is not taken over") {
  Projected p;
  p.places.rotation_bytes = 100;
  p.update();
  REQUIRE(p.lines() == 0);
  p.places.rotation_bytes = 1 << 20;
  write_file(p.places.directory + "/operations.log", "forged\n");
  CHECK(p.update().size() == 1);
  CHECK(p.lines() == 0);
}

TEST_CASE(
    "audit: a log is packed away after its age, and what was packed away goes after its time") {
  Projected p;
  p.update();
  CHECK(p.archived().empty());
  p.t.clock->advance(std::chrono::days(91));
  p.update();
  CHECK(p.archived().size() == 1);
  p.t.clock->advance(std::chrono::days(729));
  p.update();
  CHECK(p.archived().size() == 1);
  p.t.clock->advance(std::chrono::days(3));
  write_file(p.t.live() + "/f", "three");
  p.t.snapshot("three");
  p.update();
  CHECK(p.archived().empty());
}

TEST_CASE("audit: without a seal the projections are made anew and nobody is alarmed") {
  Projected p;
  p.places.seal.clear();
  CHECK(p.update().empty());
  CHECK(p.lines() == 3);
  write_file(p.places.directory + "/operations.log", "nonsense\n");
  CHECK(p.update().empty());
  CHECK(p.lines() == 3);
}
