#include "update/merge_file.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace stravinsky::hooks;
using Outcome = MergedFile::Outcome;

namespace {

constexpr OptionalText kNone = std::nullopt;

/// What a merge of settings gives, or the conflict.
std::string settings(std::string_view base, std::string_view ours, std::string_view theirs) {
  const MergedFile merged = merge_file("settings.json", base, ours, theirs);
  if (merged.outcome == Outcome::Conflict) return "conflict: " + merged.reason;
  return nlohmann::ordered_json::parse(*merged.content).dump();
}

}  // namespace

TEST_CASE("update: each combination of changes has its outcome [S02]") {
  struct Row {
    OptionalText base, ours, theirs;
    Outcome outcome;
    OptionalText content;
  };
  const Row rows[] = {
      {"a\n", "a\n", "a\n", Outcome::Same, "a\n"},
      {"a\n", "a\n", "b\n", Outcome::Taken, "b\n"},       // the user never touched it
      {"a\n", "mine\n", "a\n", Outcome::Same, "mine\n"},  // the release never touched it
      {"a\n", "b\n", "b\n", Outcome::Same, "b\n"},
      {"a\n", "mine\n", "b\n", Outcome::Conflict, "mine\n"},
      {kNone, kNone, "b\n", Outcome::Taken, "b\n"},
      {kNone, "mine\n", kNone, Outcome::Same, "mine\n"},
      {kNone, "b\n", "b\n", Outcome::Same, "b\n"},
      {kNone, "mine\n", "b\n", Outcome::Conflict, "mine\n"},
      {"a\n", "a\n", kNone, Outcome::Removed, kNone},
      {"a\n", "mine\n", kNone, Outcome::Conflict, "mine\n"},
      {"a\n", kNone, "a\n", Outcome::Same, kNone},
      {"a\n", kNone, "b\n", Outcome::Conflict, kNone},
      {"a\n", kNone, kNone, Outcome::Same, kNone},
  };
  for (const Row& row : rows) {
    CAPTURE(row.base.value_or("-"));
    CAPTURE(row.ours.value_or("-"));
    CAPTURE(row.theirs.value_or("-"));
    const MergedFile merged = merge_file("hooks/a.py", row.base, row.ours, row.theirs);
    CHECK(int(merged.outcome) == int(row.outcome));
    CHECK(merged.content == row.content);
    CHECK(merged.reason.empty() == (row.outcome != Outcome::Conflict));
  }
}

TEST_CASE("update: changes of other lines are merged, of the same lines shown") {
  const std::string base = "LIMIT = 10\nx\ny\nz\nversion 1\n";
  const MergedFile merged = merge_file("a.py", base, "LIMIT = 99\nx\ny\nz\nversion 1\n",
                                       "LIMIT = 10\nx\ny\nz\nversion 2\n");
  CHECK(int(merged.outcome) == int(Outcome::Merged));
  CHECK(*merged.content == "LIMIT = 99\nx\ny\nz\nversion 2\n");
  const MergedFile both = merge_file("a.py", base, "LIMIT = 99\nx\ny\nz\nversion 1\n",
                                     "LIMIT = 20\nx\ny\nz\nversion 1\n");
  CHECK(int(both.outcome) == int(Outcome::Conflict));
  CHECK(both.conflict ==
        "<<<<<<< a.py (yours)\nLIMIT = 99\n=======\nLIMIT = 20\n>>>>>>> a.py (release)\nx\ny\nz\n"
        "version 1\n");
  // The user's file has no markers in it.
  CHECK(*both.content == "LIMIT = 99\nx\ny\nz\nversion 1\n");
}

TEST_CASE("update: bytes that are no text are never merged") {
  const std::string base("\0a", 2), ours("\0b", 2), theirs("\0c", 2);
  CHECK(merge_file("x.bin", base, ours, theirs).reason == "both changed it, and it is no text");
}

TEST_CASE("update: settings are merged by key, so the user's own hooks and keys stay") {
  // What an installer that replaces `hooks` per event loses.
  const std::string base = R"({"hooks":{"Stop":[{"hooks":["theirs"]}]},"model":"a"})";
  const std::string ours =
      R"({"hooks":{"Stop":[{"hooks":["theirs"]},{"hooks":["mine"]}]},"model":"a","statusLine":1})";
  const std::string theirs =
      R"({"hooks":{"Stop":[{"hooks":["theirs 2"]}],"PreToolUse":[]},"model":"b"})";
  CHECK(
      settings(base, ours, theirs) ==
      R"({"hooks":{"Stop":[{"hooks":["mine"]},{"hooks":["theirs 2"]}],"PreToolUse":[]},"model":"b","statusLine":1})");
  CHECK(settings(base, R"({"hooks":{},"model":"mine"})", theirs) ==
        "conflict: both changed /hooks/Stop, /model");
  CHECK(settings(R"({"a":1})", R"({"a":2})", R"({"a":2,"b":1})") == R"({"a":2,"b":1})");
  CHECK(settings(R"({"a":{"b/c":1}})", R"({"a":{"b/c":2}})", R"({"a":{"b/c":3}})") ==
        "conflict: both changed /a/b~1c");
  CHECK(settings(R"({"l":["a","b"]})", R"({"l":["b","c"]})", R"({"l":["a","b","d"]})") ==
        R"({"l":["b","c","d"]})");
  CHECK(settings(R"({"l":["a"]})", R"({"l":["b"]})", R"({"l":["c"]})") ==
        "conflict: both changed /l");
}

TEST_CASE("update: merged settings keep the user's way of writing where lines merge") {
  const MergedFile merged = merge_file(
      "settings.json", "{\n    \"a\": 1,\n    \"b\": 1,\n    \"c\": 1,\n    \"d\": 1\n}\n",
      "{\n    \"a\": 2,\n    \"b\": 1,\n    \"c\": 1,\n    \"d\": 1\n}\n",
      "{\n    \"a\": 1,\n    \"b\": 1,\n    \"c\": 1,\n    \"d\": 3\n}\n");
  CHECK(*merged.content == "{\n    \"a\": 2,\n    \"b\": 1,\n    \"c\": 1,\n    \"d\": 3\n}\n");
  // Neighbouring lines collide; keys do not, and the indent is the user's.
  const MergedFile near =
      merge_file("settings.json", "{\n   \"a\": 1,\n   \"b\": 1\n}\n",
                 "{\n   \"a\": 2,\n   \"b\": 1\n}\n", "{\n  \"a\": 1,\n  \"b\": 3\n}\n");
  CHECK(*near.content == "{\n   \"a\": 2,\n   \"b\": 3\n}\n");
  // What is no JSON, or holds a key twice, is merged as a text.
  CHECK(
      int(merge_file("a.json", "{\"a\":1,\"a\":1}\n", "{\"a\":2,\"a\":1}\n", "{\"a\":3,\"a\":1}\n")
              .outcome) == int(Outcome::Conflict));
}
