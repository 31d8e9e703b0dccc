#include "present/unified_diff.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "present/words.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::cli {
namespace {

/// What `git apply` makes of `before` with our patch: git is the referee.
std::string applied(const test::TempDir& dir, const std::string& before, const std::string& after) {
  const std::string hunks = unified_diff(before, after);
  test::write_file(dir / "file", before);
  test::write_file(dir / "patch", "diff --git a/file b/file\n--- a/file\n+++ b/file\n" + hunks);
  if (!hunks.empty()) test::output_of("cd " + dir.path() + " && git apply --unidiff-zero patch");
  std::ifstream stream(dir / "file", std::ios::binary);
  std::stringstream content;
  content << stream.rdbuf();
  return content.str();
}

std::string numbered(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += fmt::format("line {}\n", i);
  return text;
}

}  // namespace

TEST_CASE("cli: equal texts have no hunks") {
  CHECK(unified_diff("", "").empty());
  CHECK(unified_diff("a\nb", "a\nb").empty());
}

TEST_CASE("cli: a changed line stands between three lines of context") {
  std::string after = numbered(1, 10);
  after.replace(after.find("line 5"), 6, "LINE 5");
  CHECK(
      unified_diff(numbered(1, 10), after) ==
      "@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+LINE 5\n line 6\n line 7\n line 8\n");
}

TEST_CASE("cli: distant changes are hunks of their own") {
  std::string after = numbered(1, 40);
  after.replace(after.find("line 3\n"), 7, "");
  after.replace(after.find("line 30\n"), 8, "line 30\nmore\n");
  const std::string hunks = unified_diff(numbered(1, 40), after);
  CHECK(hunks.find("@@ -1,6 +1,5 @@") == 0);
  CHECK(hunks.find("@@ -28,6 +27,7 @@") != std::string::npos);
  const LineCounts counts = count_changed_lines(numbered(1, 40), after);
  CHECK(counts.added == 1);
  CHECK(counts.removed == 1);
}

TEST_CASE("cli: a missing last newline is said") {
  CHECK(unified_diff("a\n", "a") == "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
  CHECK(unified_diff("", "x\n") == "@@ -0,0 +1 @@\n+x\n");
  CHECK(unified_diff("x\n", "") == "@@ -1 +0,0 @@\n-x\n");
}

TEST_CASE("cli: git applies our patches, whatever the two texts") {
  const test::TempDir dir;
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto text = [&random] {
    std::string result;
    for (auto i = random() % 30; i > 0; --i) result += "abcd"[random() % 4] + std::string("\n");
    if (random() % 3 == 0 && !result.empty()) result.pop_back();
    return result;
  };
  for (int round = 0; round < 40; ++round) {
    const std::string before = text(), after = text();
    CAPTURE(before);
    CAPTURE(after);
    // git removes a file that a patch empties and creates none from nothing: not our concern here.
    if (before.empty() || after.empty()) continue;
    CHECK(applied(dir, before, after) == after);
  }
}

TEST_CASE("cli: texts with too many changes are still compared, as one replacement") {
  std::string before = "same\n", after = "same\n";
  for (int i = 0; i < 3000; ++i) {
    before += fmt::format("old {}\n", i);
    after += fmt::format("new {}\n", i);
  }
  const LineCounts counts = count_changed_lines(before, after);
  CHECK(counts.added == 3000);
  CHECK(counts.removed == 3000);
  const test::TempDir dir;
  CHECK(applied(dir, before, after) == after);
}

TEST_CASE("cli: a NUL near the start makes content binary") {
  CHECK(is_binary(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_binary(std::string(9000, 'a') + std::string(1, '\0')));
  CHECK_FALSE(is_binary(""));
}

TEST_CASE("cli: names in patches are quoted as git quotes them") {
  CHECK(git_quoted("a/plain name") == "a/plain name");
  CHECK(git_quoted("a/\xc3\xbc") == "\"a/\\303\\274\"");
  CHECK(git_quoted("a/\"") == "\"a/\\\"\"");
}

}  // namespace stravinsky::cli
