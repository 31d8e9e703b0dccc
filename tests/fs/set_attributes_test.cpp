#include "fs/set_attributes.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <filesystem>

#include "fs/fd.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {
namespace {

std::string acl(std::initializer_list<std::string> entries) {
  std::string bytes("\x02\0\0\0", 4);
  for (const std::string& entry : entries) bytes += entry;
  return bytes;
}

std::string acl_entry(char tag, char permission) {
  return {tag, '\0', permission, '\0', '\xff', '\xff', '\xff', '\xff'};
}

}  // namespace

TEST_CASE("fs: attributes of a path-only descriptor are set on what it shows, a symlink too") {
  const TempDir dir;
  write_file(dir / "target", "target");
  output_of("chmod 600 " + dir / "target" + " && touch -d @1000 " + dir / "target");
  std::filesystem::create_symlink("target", dir / "link");
  output_of("mkfifo -m 600 " + dir / "pipe");
  const fs::Fd link = fs::open(dir / "link", O_PATH | O_NOFOLLOW);
  const fs::Fd pipe = fs::open(dir / "pipe", O_PATH | O_NOFOLLOW);
  using Kind = fs::AttributeSetter::Kind;
  CHECK(fs::AttributeSetter(link.get(), Kind::PathOnly).set_mtime({-5, 7}) == 0);
  CHECK(fs::AttributeSetter(pipe.get(), Kind::PathOnly).set_mode(0640) == 0);
  CHECK(fs::AttributeSetter(pipe.get(), Kind::PathOnly).set_mtime({4294967296, 1}) == 0);
  CHECK(output_of("stat -c '%Y %a' " + dir / "target") == "1000 600\n");
  CHECK(output_of("stat -c %Y " + dir / "link") == "-5\n");
  CHECK(output_of("stat -c '%Y %a' " + dir / "pipe") == "4294967296 640\n");
}

TEST_CASE("fs: the group's own permission is read from an ACL, and 0 from what is none") {
  CHECK(fs::group_permission(acl({acl_entry(1, 6), acl_entry(4, 5), acl_entry(32, 0)})) == 5);
  CHECK(fs::group_permission(acl({acl_entry(1, 6), acl_entry(4, 7), acl_entry(16, 4)})) == 4);
  CHECK(fs::group_permission("") == 0);
  CHECK(fs::group_permission("\x03") == 0);
  CHECK(fs::group_permission(acl({acl_entry(4, 7)}).substr(0, 9)) == 0);
  CHECK(fs::group_permission(std::string("\x01\0\0\0", 4) + acl_entry(4, 7)) == 0);
}

}  // namespace stravinsky::test
