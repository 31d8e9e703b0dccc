#include "fs/rename.hpp"

#include <doctest/doctest.h>

#include "fs/file.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

TEST_CASE("fs: directories go that hold nothing but directories") {
  TempDir dir;
  fs::make_directories(dir / "top/a/b", 0700);
  fs::make_directories(dir / "top/c", 0700);
  fs::remove_empty_directories(dir / "top");
  CHECK(!fs::exists(dir / "top"));
  fs::remove_empty_directories(dir / "top");  // what is not there is no error

  fs::make_directories(dir / "kept/a/b", 0700);
  write_file(dir / "kept/a/b/file", "x");
  fs::remove_empty_directories(dir / "kept");
  CHECK(fs::exists(dir / "kept/a/b/file"));
  fs::remove_empty_directories(dir / "kept/a/b/file");
  CHECK(fs::exists(dir / "kept/a/b/file"));
}

TEST_CASE("fs: a directory that cannot be removed is no success") {
  // /proc lets nobody remove anything.
  CHECK_THROWS_AS(fs::remove_empty_directories("/proc/self/ns"), Error);
}
