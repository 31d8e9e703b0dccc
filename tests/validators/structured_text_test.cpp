#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

TEST_CASE("validators: a well-formed text of each form has no findings") {
  CHECK(judged("a.json", R"({"a": [1, 2.5, null, "\u00e9"]})") == Lines{});
  CHECK(judged("a.yaml", "a: [1, two]\nb:\n  - c: d\n--- \nsecond: document\n") == Lines{});
  CHECK(judged("a.toml", "a = 1\n[b]\nc = ['x']\n") == Lines{});
  CHECK(judged("a.xml", "<?xml version='1.0'?><a><b c='d'/>text</a>") == Lines{});
  CHECK(judged("a.txt", "anything {") == Lines{});
}

TEST_CASE("validators: JSON's syntax error and every key that stands twice have their places") {
  CHECK(judged("a.json", "{\n  \"a\": 1,\n  \"b\": 2,,\n}") ==
        Lines{"error 3:10: expected a key in quotes, found ','"});
  CHECK(judged("a.json", "{\"a\": 1,\n \"a\": {\"b\": 1,\n  \"b\": 2},\n \"a\": 3}") ==
        Lines{"error 2:2: the key 'a' stands twice, first in line 1",
              "error 3:3: the key 'b' stands twice, first in line 2",
              "error 4:2: the key 'a' stands twice, first in line 2"});
  CHECK(judged("a.json", "{\"a\": 1, \"a\": 2, ") ==
        Lines{"error 1:18: expected a key in quotes, found the end of the text"});
  // Columns are characters, not bytes.
  CHECK(judged("a.json", "[\"äöü\", x]") == Lines{"error 1:9: 'x' is no JSON value"});
}

TEST_CASE("validators: YAML's faults have their places") {
  const Lines unclosed = judged("a.yml", "a: 1\nb: \"open\nc: 2\n");
  REQUIRE(unclosed.size() == 1);
  CHECK(unclosed[0].starts_with("error 2:4: "));
  CHECK(judged("a.yml", "a: 1\nb: 2\na: 3\n") ==
        Lines{"error 3:1: the key 'a' stands twice, first in line 1"});
  CHECK(judged("a.yml", "a: &x 1\nb: *x\n") ==
        Lines{"error 1:7: an anchor: aliases are refused, as a few lines of them fill memory"});
  CHECK(judged("a.yml", "? [a, b]\n: c\n") == Lines{"error 1:3: a key that is a list or a map"});
}

TEST_CASE("validators: TOML's faults have their places") {
  const Lines twice = judged("a.toml", "a = 1\nb = 2\na = 3\n");
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].starts_with("error 3:"));
  CHECK(judged("a.toml", "a = \n").size() == 1);
}

TEST_CASE("validators: XML's faults have their places, and declared entities are refused") {
  CHECK(judged("a.xml", "<a>\n  <b></a>\n") == Lines{"error 2:8: mismatched tag"});
  CHECK(judged("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>") ==
        Lines{"error 1:25: an entity is declared ('b'): refused, as a few of them fill memory"});
}

TEST_CASE("validators: conflict markers of an unfinished merge are found") {
  const std::string text = "a = 1\n<<<<<<< ours\nb = 2\n=======\nb = 3\n>>>>>>> theirs\n";
  CHECK(judged("hooks/x.py", text) ==
        Lines{"error 2:1: a merge was not finished: conflict markers up to line 6"});
  CHECK(judged("commands/x.md", text) ==
        Lines{"warning 2:1: a merge was not finished: conflict markers up to line 6"});
  CHECK(judged("commands/x.md", "Heading\n=======\n<<<<<<< only\n") == Lines{});
}
