#include <doctest/doctest.h>
#include <sys/stat.h>

#include "stravinsky/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

TEST_CASE(
    "transaction: a new store is a bare repository that git accepts and others cannot enter "
    "[S16]") {
  TempStore t;
  CHECK(t.store().created());
  CHECK(t.faults() == "");
  CHECK(t.git("symbolic-ref HEAD") == "refs/heads/audit\n");
  CHECK(t.git("log --format=%s audit") == "INIT\n");
  CHECK(t.git("config extensions.preciousObjects") == "true\n");
  struct stat status {};
  REQUIRE(stat(t.options.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  REQUIRE(stat(t.options.key_path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(!t.reopen().created());
}

TEST_CASE("transaction: git gc and prune in a store delete nothing") {
  TempStore t;
  const std::string blob =
      output_of(fmt::format("echo kept | git --git-dir='{}' hash-object -w --stdin", t.git_dir()));
  CHECK(t.try_git("gc --prune=now --quiet").status == 0);
  CHECK(t.git("cat-file -p " + blob) == "kept\n");
  CHECK(t.try_git("prune --expire=now").status != 0);
  CHECK(t.try_git("repack -ad").status != 0);
}

TEST_CASE("transaction: reading never makes a store") {
  TempStore t(false);
  CHECK(error_of([&] { Store::open(t.options, Access::Read); }) == Errc::NoStore);
  CHECK(run("test -e '" + t.options.path + "'").status != 0);
  write_file(t.options.path, "a file");
  CHECK(error_of([&] { Store::open(t.options, Access::Read); }) == Errc::NoStore);
}

TEST_CASE("transaction: a directory that holds something else is not made a store") {
  TempStore t(false);
  output_of(fmt::format("mkdir -m 700 '{0}' && touch '{0}/precious'", t.options.path));
  CHECK(error_of([&] { Store::open(t.options, Access::Write); }) == Errc::Invalid);
  CHECK(output_of("ls '" + t.options.path + "'").find("store.git") == std::string::npos);
}

TEST_CASE("transaction: a store that others can reach is refused, for reading too") {
  TempStore t;
  t.close();
  output_of("chmod 750 '" + t.options.path + "'");
  CHECK(error_of([&] { Store::open(t.options, Access::Read); }) == Errc::Denied);
  CHECK(error_of([&] { Store::open(t.options, Access::Write); }) == Errc::Denied);
}

TEST_CASE("transaction: a missing, open or foreign key is found before anything changes") {
  TempStore t;
  t.close();
  const std::string before = t.git("for-each-ref");
  SUBCASE("missing") { output_of("rm '" + t.options.key_path + "'"); }
  SUBCASE("readable by others") { output_of("chmod 644 '" + t.options.key_path + "'"); }
  SUBCASE("another key") {
    output_of(
        fmt::format("rm '{0}' '{0}.pub' && ssh-keygen -q -t ed25519 -N '' -C me@here -f '{0}'",
                    t.options.key_path));
  }
  CHECK(error_of([&] { Store::open(t.options, Access::Write); }) == Errc::Key);
  CHECK(t.git("for-each-ref") == before);
  CHECK_NOTHROW(Store::open(t.options, Access::Read));
}

TEST_CASE("transaction: git checks signatures in a store that was moved, once we wrote to it") {
  TempStore t;
  t.close();
  output_of(fmt::format("mv '{}' '{}'", t.options.path, t.dir / "moved"));
  t.options.path = t.dir / "moved";
  t.reopen();
  CHECK(output_of(fmt::format("git --git-dir='{}/store.git' verify-commit audit", t.options.path))
            .find("Good \"git\" signature") != std::string::npos);
}

TEST_CASE("transaction: a store of a newer format is refused by name") {
  TempStore t;
  t.close();
  write_file(t.git_dir() + "/stravinsky/format", "2\n");
  CHECK(error_of([&] { Store::open(t.options, Access::Read); }) == Errc::Invalid);
  write_file(t.git_dir() + "/stravinsky/format", "");
  CHECK(error_of([&] { Store::open(t.options, Access::Read); }) == Errc::Corrupt);
}

TEST_CASE("transaction: a clone opens for reading and not for writing") {
  TempStore t;
  t.close();
  const std::string clone = t.dir / "clone";
  output_of(fmt::format("git clone -q --bare '{}' '{}'", t.git_dir(), clone));
  t.options.path = clone;
  CHECK(Store::open(t.options, Access::Read).is_clone());
  CHECK(error_of([&] { Store::open(t.options, Access::Write); }) == Errc::NoStore);
}
