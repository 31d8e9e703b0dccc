#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "packs/git_store.hpp"

using namespace stravinsky;
using test::GitStore;

TEST_CASE("packs: an unfinished pack goes with its writer") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  {
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    CHECK(!fs::exists(store.tmp));  // nothing new, nothing made
    writer.put(ObjectType::Blob, "x");
    CHECK(store.debris() != "");
  }
  CHECK(store.debris() == "");
}

TEST_CASE("packs: what a killed writer left is removed, what a living one writes is not") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  const pid_t child = fork();
  if (child == 0) {
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    writer.put(ObjectType::Blob, "x");
    writer.sync();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  const std::string left = store.debris();
  REQUIRE(left.starts_with("pack-" + std::to_string(child)));

  ObjectWriter writer(database, store.tmp, Compression::Fast);
  writer.put(ObjectType::Blob, "y");
  test::write_file(store.tmp + "/other.tmp", "not a pack");
  test::output_of("ln -s /nowhere " + store.tmp + "/pack-link.tmp");
  test::output_of("mkfifo " + store.tmp + "/pack-fifo.txt");
  remove_abandoned_packs(store.tmp);
  CHECK(store.debris().find(left) == std::string::npos);
  CHECK(store.debris().find("other.tmp") != std::string::npos);
  writer.publish();
  CHECK(ObjectDatabase(store.objects).verify_all([](std::uint64_t) {}).empty());
  remove_abandoned_packs(store.dir / "missing");
}
