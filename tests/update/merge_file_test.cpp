#include "update/merge_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

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
}

TEST_CASE("update: rules of permissions are merged as sets, other lists are not") {
  const auto rules = [](std::string_view base, std::string_view ours, std::string_view theirs) {
    const auto with = [](std::string_view list) {
      return fmt::format(R"({{"permissions":{{"allow":{}}}}})", list);
    };
    const std::string merged = settings(with(base), with(ours), with(theirs));
    return merged.starts_with("conflict") ? merged
                                          : nlohmann::json::parse(merged)["permissions"].dump();
  };
  CHECK(rules(R"(["a","b"])", R"(["b","c"])", R"(["a","b","d"])") == R"({"allow":["b","c","d"]})");
  const std::string conflict = "conflict: both changed /permissions/allow";
  CHECK(rules(R"(["a"])", R"(["b"])", R"(["c"])") == conflict);
  // What the user removed may be what the release edits, and the other way round.
  CHECK(rules(R"(["a"])", "[]", R"(["a2"])") == conflict);
  CHECK(rules(R"(["a"])", R"(["mine"])", "[]") == conflict);
  CHECK(rules(R"(["a","b"])", R"(["b"])", R"(["a"])") == R"({"allow":[]})");
  CHECK(rules(R"(["a","b","c"])", R"(["b"])", R"(["b","c"])") == R"({"allow":["b"]})");
  // No set.
  CHECK(rules(R"(["a","a"])", R"(["a","a","b"])", R"(["a","a","c"])") == conflict);
  CHECK(rules(R"([1])", R"([1,2])", R"([1,3])") == conflict);
  CHECK(settings(R"({"hooks":{"Stop":[{"a":1}]}})", R"({"hooks":{"Stop":[]}})",
                 R"({"hooks":{"Stop":[{"a":2}]}})") == "conflict: both changed /hooks/Stop");
}

TEST_CASE("update: arguments that both changed are a conflict, as each has its place") {
  const auto servers = [](std::string_view list) {
    return fmt::format(R"({{"mcpServers":{{"s":{{"args":{}}}}}}})", list);
  };
  CHECK(settings(servers(R"(["--dir","/a"])"), servers(R"(["--dir","/mine"])"),
                 servers(R"(["--dir","/a","--dir","/b"])")) ==
        "conflict: both changed /mcpServers/s/args");
  CHECK(settings(servers(R"(["--dir","/a"])"), servers(R"(["--dir","/a"])"),
                 servers(R"(["--dir","/a","--dir","/b"])")) ==
        servers(R"(["--dir","/a","--dir","/b"])"));
  CHECK(settings(R"({"steps":[{"run":"a"}]})", R"({"steps":[{"run":"a"},{"run":"b"}]})",
                 R"({"steps":[{"run":"a"},{"run":"c"}]})") == "conflict: both changed /steps");
}

TEST_CASE("update: a number that a merge by key would change is merged by lines") {
  const auto text = [](std::string_view number, std::string_view a, std::string_view b) {
    return fmt::format("{{\n  \"n\": {},\n  \"a\": {},\n  \"x\": 0,\n  \"b\": {}\n}}\n", number, a,
                       b);
  };
  for (const char* number :
       {"12345678901234567890123", "1.50", "1e5", "-0", "0.1000000000000000055"}) {
    CAPTURE(number);
    // Lines that go together keep it; neighbours, which keys would tell apart, collide.
    const MergedFile merged = merge_file("a.json", text(number, "1", "1"), text(number, "2", "1"),
                                         text(number, "1", "2"));
    CHECK(int(merged.outcome) == int(Outcome::Merged));
    CHECK(*merged.content == text(number, "2", "2"));
    const auto near = [&](int a, int b) {
      return fmt::format("{{\n\"n\": {},\n\"a\": {},\n\"b\": {}\n}}\n", number, a, b);
    };
    CHECK(int(merge_file("a.json", near(1, 1), near(2, 1), near(1, 2)).outcome) ==
          int(Outcome::Conflict));
  }
  // Two that a double takes for one.
  const MergedFile both =
      merge_file("a.json", "{\"n\": 12345678901234567890123}\n",
                 "{\"n\": 12345678901234567890124}\n", "{\"n\": 12345678901234567890125}\n");
  CHECK(int(both.outcome) == int(Outcome::Conflict));
  CHECK(settings(R"({"a":1,"b":0.25,"c":-7})", R"({"a":18446744073709551615,"b":0.25,"c":-7})",
                 R"({"a":1,"b":0.5,"c":-7})") == R"({"a":18446744073709551615,"b":0.5,"c":-7})");
}

TEST_CASE("update: lines that go together and make no JSON are a conflict") {
  // Both add the last member, and a number keeps the file from a merge by key.
  const std::string base = "{\n\"n\": 1e5,\n\"a\": 1,\n\"b\": 1,\n\"c\": 1,\n\"d\": 1\n}\n";
  const std::string ours =
      "{\n\"new\": 1,\n\"n\": 1e5,\n\"a\": 1,\n\"b\": 1,\n\"c\": 1,\n\"d\": 1\n}\n";
  const std::string theirs =
      "{\n\"n\": 1e5,\n\"a\": 1,\n\"b\": 1,\n\"c\": 1,\n\"new\": 2,\n\"d\": 1\n}\n";
  const MergedFile merged = merge_file("a.json", base, ours, theirs);
  CHECK(int(merged.outcome) == int(Outcome::Conflict));
  CHECK(merged.reason == "the lines of both make no JSON");
}

TEST_CASE("update: a merge by key keeps tabs and ends of lines") {
  const auto merged = [](std::string_view base, std::string_view ours, std::string_view theirs) {
    return merge_file("a.json", base, ours, theirs).content.value_or("");
  };
  CHECK(merged("{\n\t\"a\": 1,\n\t\"b\": 1\n}\n", "{\n\t\"a\": 2,\n\t\"b\": 1\n}\n",
               "{\n  \"a\": 1,\n  \"b\": 3\n}\n") == "{\n\t\"a\": 2,\n\t\"b\": 3\n}\n");
  CHECK(merged("{\r\n  \"a\": 1,\r\n  \"b\": 1\r\n}\r\n", "{\r\n  \"a\": 2,\r\n  \"b\": 1\r\n}\r\n",
               "{\n  \"a\": 1,\n  \"b\": 3\n}\n") == "{\r\n  \"a\": 2,\r\n  \"b\": 3\r\n}\r\n");
  CHECK(merged("{\"a\":1,\"b\":1}", "{\"a\":2,\"b\":1}", "{\"a\":1,\"b\":3}") ==
        "{\"a\":2,\"b\":3}");
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
