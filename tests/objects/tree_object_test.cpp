#include "objects/tree_object.hpp"

#include <doctest/doctest.h>

#include "core/bytes.hpp"
#include "objects/object.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::error_of;

namespace {

const ObjectId kSome = id_of(ObjectType::Blob, as_bytes("some"));

std::string raw_entry(std::string_view mode, std::string_view name, const ObjectId& id = kSome) {
  return std::string(mode) + " " + std::string(name) + '\0' + std::string(id.raw());
}

std::optional<Errc> parsing(const std::string& bytes) {
  return error_of([&] { parse_tree(bytes, kSome); });
}

}  // namespace

TEST_CASE("objects: ids are git's") {
  CHECK(id_of(ObjectType::Tree, {}) == kEmptyTree);
  CHECK(id_of(ObjectType::Blob, as_bytes("some")).hex() ==
        test::output_of("printf some | git hash-object --stdin").substr(0, 40));
}

TEST_CASE("objects: a tree is sorted and spelled as git does it") {
  const test::TempDir dir;
  test::output_of("git init -q --bare " + dir.path());
  const std::string git = "git -C " + dir.path() + " ";
  const ObjectId blob = *ObjectId::from_hex(
      test::output_of("printf x | " + git + "hash-object -w --stdin").substr(0, 40));
  const ObjectId empty =
      *ObjectId::from_hex(test::output_of("printf '' | " + git + "mktree").substr(0, 40));
  std::vector<TreeEntry> entries = {
      {GitMode::Tree, "a", empty},    {GitMode::File, "a.b", blob},
      {GitMode::Symlink, "a0", blob}, {GitMode::Executable, "a-b", blob},
      {GitMode::File, "\xff", blob},  {GitMode::File, "B", blob}};
  const std::string bytes = encode_tree(entries);
  const std::string lines = "100644 blob " + blob.hex() + "\tB\n120000 blob " + blob.hex() +
                            "\ta0\n040000 tree " + empty.hex() + "\ta\n100644 blob " + blob.hex() +
                            "\ta.b\n100755 blob " + blob.hex() + "\ta-b\n100644 blob " +
                            blob.hex() + "\t\xff\n";
  test::write_file(dir / "lines", lines);
  CHECK(id_of(ObjectType::Tree, as_bytes(bytes)).hex() ==
        test::output_of(git + "mktree < " + (dir / "lines")).substr(0, 40));

  const std::vector<TreeEntry> back = parse_tree(bytes, kSome);
  REQUIRE(back.size() == 6);
  CHECK(back[0].name == "B");
  CHECK(back[3].name == "a");
  CHECK(back[3].mode == GitMode::Tree);
  CHECK(back[3].id == empty);
  CHECK(back[4].name == "a0");
}

TEST_CASE("objects: a tree cut anywhere inside an entry is damaged") {
  const std::string bytes = raw_entry("100644", "name");
  CHECK(!parsing(""));
  CHECK(!parsing(bytes));
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    CHECK(parsing(bytes.substr(0, size)) == Errc::Corrupt);
  }
}

TEST_CASE("objects: names that lead out of a tree are hostile") {
  for (const std::string name : {"", ".", "..", "/", "a/b", "/etc"}) {
    CHECK(parsing(raw_entry("100644", name)) == Errc::Hostile);
  }
  CHECK(parsing(raw_entry("100644", std::string(5000, 'n'))) == Errc::Hostile);
  CHECK(!parsing(raw_entry("100644", std::string(4096, 'n'))));
  CHECK(!parsing(raw_entry("100644", "...")));
}

TEST_CASE("objects: two entries of one name are hostile, however far apart") {
  CHECK(parsing(raw_entry("100644", "d") + raw_entry("100644", "d")) == Errc::Hostile);
  CHECK(parsing(raw_entry("100644", "d") + raw_entry("40000", "d")) == Errc::Hostile);
  CHECK(parsing(raw_entry("100644", "d") + raw_entry("100644", "d!") + raw_entry("40000", "d-") +
                raw_entry("40000", "d")) == Errc::Hostile);
  CHECK(!parsing(raw_entry("100644", "d!") + raw_entry("40000", "d") + raw_entry("100644", "d0")));
}

TEST_CASE("objects: a tree that git would not write is damaged") {
  for (const std::string mode : {"104755", "160000", "040000", "100664", "0", "", "1006440"}) {
    CHECK(parsing(raw_entry(mode, "a")) == Errc::Corrupt);
  }
  CHECK(parsing(raw_entry("100644", "b") + raw_entry("100644", "a")) == Errc::Corrupt);
  CHECK(parsing(raw_entry("40000", "a") + raw_entry("100644", "a.b")) == Errc::Corrupt);
  CHECK(parsing(raw_entry("100644", "a", ObjectId())) == Errc::Corrupt);
}
