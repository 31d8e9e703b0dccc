#include "refs/snapshot_name.hpp"

#include <doctest/doctest.h>

#include <random>

#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

TEST_CASE("refs: every allowed name becomes a ref that git accepts and comes back as it was") {
  std::mt19937 random(1);
  const std::string alphabet = "abA.-@{}~^:?*[\\/% lock_0é";
  std::string refs;
  for (int i = 0; i < 3000; ++i) {
    std::string name;
    for (auto n = 1 + random() % 12; n > 0; --n) name += alphabet[random() % alphabet.size()];
    if (random() % 4 == 0) name += ".lock";
    if (fault_of_name(name)) continue;
    const std::string escaped = escape_snapshot_name(name);
    CHECK(unescape_snapshot_name(escaped) == name);
    CHECK_MESSAGE(RefName::is_valid("refs/tags/p/" + escaped), name);
    refs += "refs/tags/p/" + escaped + "\n";
  }
  TempDir dir;
  write_file(dir / "refs", refs);
  CHECK(output_of(fmt::format(
            "while IFS= read -r r; do git check-ref-format \"$r\" || echo \"$r\"; done < '{}'",
            dir / "refs")) == "");
}

TEST_CASE("refs: names that would be words, times or ids are refused") {
  for (const char* bad : {"",
                          "latest",
                          "LATEST",
                          "Current",
                          "previous",
                          "last-good",
                          "HEAD",
                          "fetch_head",
                          "@2d",
                          "@",
                          "0123456",
                          "DEADBEEFdeadbeef",
                          "v1@release",
                          "latest~1",
                          "Current~",
                          "refs/x",
                          "tags/x",
                          "a\nb",
                          "a\x7f",
                          "\xc2\x85",
                          "\xff",
                          "claude/latest",
                          "claude/Current~2",
                          "x/@2d",
                          "a/tags/b"}) {
    CHECK_MESSAGE(fault_of_name(bad), bad);
  }
  CHECK(fault_of_name(std::string(101, 'x')));
  CHECK(fault_of_name(std::string(90, '%')));
  for (const char* good : {"v0.3.8", "012345", "before the move", "größe", "20261120_093000-2",
                           "a/b", "a/latest-one", "-x", ".y"}) {
    CHECK_MESSAGE(!fault_of_name(good), good);
  }
}

TEST_CASE("refs: a version that would stand before a word, a time or a release is refused") {
  for (const char* bad : {"latest", "Latest", "previous~1", "@2d", "v1@release", "refs/tags/x"}) {
    CHECK_MESSAGE(fault_of_version(bad), bad);
  }
  // Versions that are all digits are common, and looked up before commit ids.
  for (const char* good : {"v0.3.8", "20261121", "1/2", "latest-and-greatest"}) {
    CHECK_MESSAGE(!fault_of_version(good), good);
  }
}
