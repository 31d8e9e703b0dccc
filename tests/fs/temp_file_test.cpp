#include "fs/temp_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "fs/file.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {

TEST_CASE("fs: a new file has not its name until it is linked, and never takes another's") {
  for (const auto names : {fs::TempFiles::Names::WhereNeeded, fs::TempFiles::Names::Always}) {
    const TempDir dir;
    const fs::Fd directory = fs::open_directory(dir.path());
    fs::TempFiles files(names);
    const std::string path = "new";
    {
      fs::TempFile file(files, directory.get(), 0640, path);
      fs::write_all(file.fd(), as_bytes("one"), path);
      struct stat status {};
      REQUIRE(fstat(file.fd(), &status) == 0);
      const bool named = names == fs::TempFiles::Names::Always;
      CHECK((status.st_mode & 0777 & ~(named ? 0600 : 0640)) == 0);
      CHECK(std::filesystem::is_empty(dir.path()) == !named);
      CHECK_FALSE(fs::exists(dir / "new"));
      CHECK(file.link("new"));
    }
    {
      fs::TempFile file(files, directory.get(), 0600, path);
      fs::write_all(file.fd(), as_bytes("two"), path);
      CHECK_FALSE(file.link("new"));
      CHECK(fs::read_file(dir / "new") == "one");
      file.replace("new");
    }
    CHECK(fs::read_file(dir / "new") == "two");
    { fs::TempFile dropped(files, directory.get(), 0600, path); }
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
  }
}

TEST_CASE("fs: a file replaces a symlink by its name, not what it leads to") {
  const TempDir dir;
  write_file(dir / "precious", "precious");
  std::filesystem::create_symlink("precious", dir / "link");
  const fs::Fd directory = fs::open_directory(dir.path());
  fs::TempFiles files;
  const std::string path = "link";
  fs::TempFile file(files, directory.get(), 0600, path);
  fs::write_all(file.fd(), as_bytes("new"), path);
  CHECK_FALSE(file.link("link"));
  file.replace("link");
  CHECK(fs::read_file(dir / "precious") == "precious");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(dir / "link")));
}

TEST_CASE("fs: a rename within a directory never takes a name that is in use") {
  const TempDir dir;
  write_file(dir / "a", "a");
  write_file(dir / "b", "b");
  const fs::Fd directory = fs::open_directory(dir.path());
  CHECK_FALSE(fs::rename_in_directory(directory.get(), "a", "b", "b"));
  CHECK(fs::rename_in_directory(directory.get(), "a", "c", "c"));
  CHECK(fs::read_file(dir / "b") == "b");
  CHECK(fs::read_file(dir / "c") == "a");
}

}  // namespace stravinsky::test
