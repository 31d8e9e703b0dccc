#include "core/text.hpp"

#include <doctest/doctest.h>

#include "core/hash.hpp"
#include "stravinsky/ref_name.hpp"
#include "stravinsky/time.hpp"

using namespace stravinsky;

TEST_CASE("core: base64 has one spelling for each value") {
  for (const std::string raw : {"", "a", "ab", "abc", "abcd"}) {
    CHECK(base64_decode(base64_encode(raw)) == raw);
  }
  CHECK(base64_encode("abcd") == "YWJjZA==");
  CHECK(!base64_decode("YWJjZB=="));  // bits that no byte takes
  CHECK(!base64_decode("YWJjZA="));
  CHECK(!base64_decode("YW==ZA=="));
  CHECK(!base64_decode("Y W="));
}

TEST_CASE("core: quoted names cannot steer a terminal") {
  CHECK(quoted("plain") == "'plain'");
  CHECK(quoted("a\nb\x1b[0m\xff") == "'a\\012b\\033[0m\\377'");
  CHECK(quoted("\xc2\x9b") == "'\\302\\233'");
  CHECK(quoted("grün") == "'grün'");
}

TEST_CASE("core: hashes agree with the published vectors") {
  CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha1(as_bytes("abc")).hex() == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("core: times print as UTC with all nine digits") {
  const Timestamp time{std::chrono::nanoseconds(1763631000123456789)};
  CHECK(rfc3339(time) == "2025-11-20T09:30:00.123456789Z");
  CHECK(compact_time(time) == "20251120_093000");
}

TEST_CASE("core: ref names are what git check-ref-format accepts") {
  for (const char* good : {"refs/heads/a", "refs/tags/claude/v0.3.8", "refs/heads/a@b", "refs/x/@",
                           "refs/{a}@", "refs/a.b.c/d.e", "refs/a.lock.b", "refs/a\xc3\xa9\xff"}) {
    CHECK(RefName::is_valid(good));
  }
  for (const char* bad :
       {"",          "heads/a",    "refs/",       "refs/heads/",   "refs/heads/.a",
        "refs//a",   "refs/a..b",  "refs/a.lock", "refs/a.lock/b", "refs/a b",
        "refs/a~1",  "refs/a^",    "refs/a:b",    "refs/a?",       "refs/a[",
        "refs/a\\b", "refs/a@{1}", "refs/a.",     "refs/a\x7f",    "refs/a*",
        "refs/..",   "refs/a/.b",  "refs/a/../b", "refs/a.lock/",  "refs/a\x1f/b",
        "refs/a/",   "refs//"}) {
    CHECK(!RefName::is_valid(bad));
  }
}
