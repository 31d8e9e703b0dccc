#include "progress.hpp"

#include <doctest/doctest.h>

namespace stravinsky::cli {

TEST_CASE("cli: while a tree is walked no share of it is claimed, and no time left") {
  Advance advance{.files = 9, .bytes = 970, .expected = 1000, .estimated = 0, .is_known = false};
  CHECK(progress_text("reading", advance, 10) == "reading: 9 files, 970 B (97 B/s)");
  CHECK_FALSE(share_of(advance));
  advance.is_known = true;
  CHECK(progress_text("reading", advance, 10) ==
        "reading: 9 files, 970 B (97 B/s), 97 %, 0:00 left");
  CHECK(share_of(Advance{.bytes = 250, .expected = 1000, .is_known = true}) == 0.25);
}

TEST_CASE("cli: what the snapshot before had is said to be an estimate, until it proves wrong") {
  Advance advance{
      .files = 1, .bytes = 1000, .expected = 1500, .estimated = 10'000, .is_known = false};
  CHECK(progress_text("reading", advance, 10) ==
        "reading: 1 file, 1000 B (100 B/s), about 10 %, 1:30 left");
  advance.expected = 10'001;
  CHECK_FALSE(share_of(advance));
  advance.is_known = true;
  CHECK(progress_text("reading", advance, 1).ends_with(", 10 %, 0:09 left"));
}

TEST_CASE("cli: no share is claimed of nothing, or of more than all") {
  CHECK_FALSE(share_of(Advance{.is_known = true}));
  CHECK_FALSE(share_of(Advance{.bytes = 11, .expected = 10, .is_known = true}));
  CHECK(progress_text("reading", Advance{.expected = 10, .is_known = true}, 0) ==
        "reading: 0 files, 0 B (0 B/s)");
}

}  // namespace stravinsky::cli
