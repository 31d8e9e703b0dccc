#include "fs/beneath.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "fs/file.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {
namespace {

using Open = fs::Fd (*)(int, std::string_view, int) noexcept;

int error_of_open(Open open, int root, std::string_view path) {
  errno = 0;
  const fs::Fd fd = open(root, path, O_RDONLY);
  return fd ? 0 : errno;
}

}  // namespace

TEST_CASE("fs: nothing below a root is reached through a symlink or above the root") {
  const TempDir dir;
  std::filesystem::create_directories(dir / "root/a/b");
  std::filesystem::create_directory(dir / "outside");
  write_file(dir / "outside/secret", "secret");
  write_file(dir / "root/a/b/file", "here");
  std::filesystem::create_directory_symlink("../outside", dir / "root/relative");
  std::filesystem::create_directory_symlink(dir / "outside", dir / "root/absolute");
  std::filesystem::create_directory_symlink("b", dir / "root/a/inside");
  std::filesystem::create_symlink("../../../outside/secret", dir / "root/a/b/last");
  const fs::Fd root = fs::open_directory(dir / "root");
  for (const Open open : {&fs::open_beneath, &fs::open_beneath_by_component}) {
    CHECK(error_of_open(open, root.get(), "a/b/file") == 0);
    CHECK(error_of_open(open, root.get(), "") == 0);
    CHECK(error_of_open(open, root.get(), "a/b/none") == ENOENT);
    for (const char* path : {"relative/secret", "absolute/secret", "a/inside/file", "a/b/last"}) {
      const int error = error_of_open(open, root.get(), path);
      INFO(path);
      CHECK((error == ELOOP || error == ENOTDIR));
    }
    for (const char* path : {"..", "../outside", "a/../a", "a/./b", "/etc", "a//b", "a/"}) {
      INFO(path);
      CHECK(error_of_open(open, root.get(), path) == EXDEV);
    }
  }
}

TEST_CASE("fs: a path longer than PATH_MAX opens piece by piece") {
  const TempDir dir;
  fs::Fd directory = fs::open_directory(dir.path());
  const fs::Fd root = fs::open_directory(dir.path());
  const std::string name(255, 'n');
  std::string path;
  for (int level = 0; level < 40; ++level) {
    REQUIRE(mkdirat(directory.get(), name.c_str(), 0700) == 0);
    directory = fs::open_at(directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    path += (level == 0 ? "" : "/") + name;
  }
  struct stat expected {
  }, actual{};
  REQUIRE(fstat(directory.get(), &expected) == 0);
  for (const Open open : {&fs::open_beneath, &fs::open_beneath_by_component}) {
    const fs::Fd fd = open(root.get(), path, O_RDONLY | O_DIRECTORY);
    REQUIRE(fd);
    REQUIRE(fstat(fd.get(), &actual) == 0);
    CHECK(actual.st_ino == expected.st_ino);
  }
}

}  // namespace stravinsky::test
