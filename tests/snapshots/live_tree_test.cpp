#include "stravinsky/live_tree.hpp"

#include <doctest/doctest.h>

#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

std::string listed(const LiveTree& tree) {
  std::string text;
  for (const LiveEntry& entry : tree.entries) {
    text += fmt::format("{} {} {:o}\n", entry.path, entry.entry.size, entry.entry.mode);
  }
  return text;
}

}  // namespace

TEST_CASE("snapshots: a live tree is listed as a snapshot would capture it") {
  TempStore t;
  output_of(
      fmt::format("cd '{}' && mkdir -p a/b && printf 12345 > a/b/file && printf 1 > top && "
                  "printf x > left.out && chmod 600 top && chmod 644 a/b/file && "
                  "chmod 755 a a/b",
                  t.live()));
  Profile profile = t.profile();
  profile.exclude = {"*.out"};
  const std::string expected = "a 0 755\na/b 0 755\na/b/file 5 644\ntop 1 600\n";
  CHECK(listed(read_live_tree(t.store(), profile)) == expected);

  // Also where the stat cache knows everything, and where one file changed since.
  t.snapshot();
  CHECK(listed(read_live_tree(t.store(), profile)) == expected);
  write_file(t.live() + "/a/new", "ab");
  output_of("chmod 644 '" + t.live() + "/a/new'");
  CHECK(listed(read_live_tree(t.store(), profile)) ==
        "a 0 755\na/b 0 755\na/b/file 5 644\na/new 2 644\ntop 1 600\n");
}

TEST_CASE("snapshots: the mounts of several roots are no entries, and what is below them is") {
  TempStore t;
  output_of(
      fmt::format("mkdir '{0}/one' '{0}/two' && printf 1 > '{0}/one/f' && "
                  "printf 2 > '{0}/two/f' && chmod 644 '{0}'/*/f",
                  t.live()));
  Profile profile;
  profile.name = "both";
  profile.roots = {{t.live() + "/one", "one", {}, false}, {t.live() + "/two", "two", {}, false}};
  CHECK(listed(read_live_tree(t.store(), profile)) == "one/f 1 644\ntwo/f 1 644\n");
}
