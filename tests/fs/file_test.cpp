#include "fs/file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

TEST_CASE("fs: a file is read whole, whether it tells its size or not") {
  TempDir dir;
  for (const std::size_t size : {0u, 1u, 4095u, 4096u, 4097u, 100'000u}) {
    const std::string content(size, 'x');
    write_file(dir / "file", content);
    CHECK(fs::read_file(dir / "file") == content);
    CHECK(fs::read_file(dir / "file", size) == content);
    if (size > 0) {
      CHECK(error_of([&] { fs::read_file(dir / "file", size - 1); }) == Errc::Corrupt);
    }
  }
  // In /proc a file of several pages says that it has none.
  const std::string maps = fs::read_file("/proc/self/smaps");
  CHECK(maps.size() > 8192);
  CHECK(maps.ends_with('\n'));
  CHECK(error_of([&] { fs::read_file("/proc/self/smaps", 5000); }) == Errc::Corrupt);
}

TEST_CASE("fs: of a file beyond the limit no more is read than tells so") {
  TempDir dir;
  write_file(dir / "huge", "");
  REQUIRE(truncate((dir / "huge").c_str(), off_t{1} << 40) == 0);
  CHECK(error_of([&] { fs::read_file(dir / "huge", 4096); }) == Errc::Corrupt);
  CHECK(fs::find_beginning(dir / "huge", 4096) == std::string(4096, '\0'));
  write_file(dir / "small", "12345");
  CHECK(fs::find_beginning(dir / "small", 5) == "12345");
  CHECK(fs::find_beginning(dir / "small", 4) == "1234");
  CHECK(!fs::find_beginning(dir / "none", 4));
  CHECK(fs::find_beginning("/proc/self/smaps", 5000).value().size() == 5000);
}
