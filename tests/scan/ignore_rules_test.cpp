#include "scan/ignore_rules.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::TempDir;

namespace {

struct Path {
  std::string text;
  bool is_directory;
};

/// Ignored by itself or through a directory above.
bool is_ignored(const IgnoreRules& rules, const Path& path) {
  for (std::size_t end = path.text.find('/');; end = path.text.find('/', end + 1)) {
    const bool whole = end == std::string::npos;
    const std::string part = path.text.substr(0, end);
    const std::string name = part.substr(part.rfind('/') + 1);
    if (rules.judge(part, name, !whole || path.is_directory) == IgnoreRules::Verdict::Ignored) {
      return true;
    }
    if (whole) return false;
  }
}

/// What git makes of the patterns, for all paths at once.
std::set<std::string> ignored_by_git(const TempDir& dir, const std::string& patterns) {
  test::write_file(dir / ".gitignore", patterns);
  const test::Ran ran = test::run("cd " + dir.path() +
                                  " && git -c core.excludesFile=/dev/null check-ignore -z --stdin "
                                  "--no-index <../paths-of-${PWD##*/}");
  REQUIRE(ran.status <= 1);  // 1: none is ignored
  std::set<std::string> ignored;
  for (std::size_t at = 0; at < ran.output.size();) {
    const std::size_t end = ran.output.find('\0', at);
    ignored.insert(ran.output.substr(at, end - at));
    at = end + 1;
  }
  return ignored;
}

/// A repository with files and directories of names that patterns stumble over.
struct Ground {
  TempDir outer;
  TempDir& dir;
  std::vector<Path> paths;

  Ground() : dir(outer) {
    test::output_of("git init -q " + dir.path());
    const std::vector<std::string> names = {"a", "b",  "ab", "foo.c", "a b", "x[y]", "a\\b",
                                            "*", "!n", "#h", "t ",    "-",   "Z9",   "\xc3\xa9"};
    for (const std::string& first : names) {
      add(first + "f", false);
      add(first, true);
      for (const std::string& second : {names[0], names[2], names[3], names[9], names[10]}) {
        add(first + "/" + second, true);
        for (const std::string& third : {names[1], names[3], names[4]}) {
          add(first + "/" + second + "/" + third, false);
        }
      }
    }
    std::string list;
    for (const Path& path : paths) list += path.text + '\0';
    test::write_file(dir.path().substr(0, dir.path().rfind('/')) + "/paths-of-" +
                         dir.path().substr(dir.path().rfind('/') + 1),
                     list);
  }
  ~Ground() {
    fs::remove_file(dir.path().substr(0, dir.path().rfind('/')) + "/paths-of-" +
                    dir.path().substr(dir.path().rfind('/') + 1));
  }
  void add(const std::string& text, bool is_directory) {
    if (is_directory) fs::make_directory(dir / text);
    if (!is_directory) test::write_file(dir / text, "");
    paths.push_back({text, is_directory});
  }
  void compare(const std::string& patterns) {
    IgnoreRules rules;
    rules.add_file(patterns);
    const std::set<std::string> expected = ignored_by_git(dir, patterns);
    for (const Path& path : paths) {
      INFO("patterns: " << patterns << " path: " << path.text);
      CHECK(is_ignored(rules, path) == expected.contains(path.text));
    }
  }
};

}  // namespace

TEST_CASE("scan: ignore files mean to us what they mean to git") {
  Ground ground;
  for (const char* patterns : {"a\n",
                               "/a\n",
                               "a/\n",
                               "a/b\n",
                               "/a/**\n",
                               "**/foo.c\n",
                               "a/**/foo.c\n",
                               "a**/foo.c\n",
                               "a/*\n!a/ab\n",
                               "*.c\n!a/ab/foo.c\n",
                               "*\n!*/\n!foo.c\n",
                               "# a\na\n",
                               "\\#h\n",
                               "\\!n\n",
                               "!n\n",
                               "a b\n",
                               "a\\ b\n",
                               "t \n",
                               "t\\ \n",
                               "t \\ \n",
                               "x\\[y\\]\n",
                               "x[[]y]\n",
                               "[a-c]\n",
                               "[!a]\n",
                               "[^a]\n",
                               "[]a]\n",
                               "[a-]\n",
                               "[\\a-b]\n",
                               "[[:alpha:]]\n",
                               "[[:digit:]]*\n",
                               "[[:nonsense:]]\n",
                               "[[:alpha:]\n",
                               "[[:x]\n",
                               "[a\n",
                               "a\\\n",
                               "a\\\\b\n",
                               "\\*\n",
                               "**\n",
                               "***\n",
                               "a/***/foo.c\n",
                               "/\n",
                               "//\n",
                               "!\n",
                               " \n",
                               "\n\n",
                               "a\r\n",
                               "a\r",
                               "a\t\n",
                               "\xef\xbb\xbf\x61\n",
                               "a/ \n",
                               "?\n",
                               "?/?\n",
                               "*/*/b\n",
                               "a?b\n",
                               "a/\\b/\n",
                               "**/\n",
                               "a/**/\n",
                               "Z[0-9]/**/b\n",
                               "\xc3\xa9\n",
                               "[\xc3][\xa9]\n",
                               "a*f\n",
                               "*f\n",
                               "/*f\n",
                               "*/ab\n!a/ab\n",
                               "ab/b\n",
                               "a\\/b\n",
                               "**\\/foo.c\n",
                               "[b-a]\n",
                               "[a-\\b]\n",
                               "[!]\n",
                               "-\n",
                               "[--Z]\n"}) {
    ground.compare(patterns);
  }
}

TEST_CASE("scan: generated ignore patterns mean to us what they mean to git") {
  Ground ground;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> parts = {"a",    "b",   "*",   "**", "/", "?", "[a-b]",
                                          "[!a]", "foo", ".c",  "\\", " ", "f", "[",
                                          "]",    "/**", "**/", "!",  "é"};
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 120; ++round) {
    std::string patterns;
    for (std::size_t line = 1 + below(4); line > 0; --line) {
      if (below(4) == 0) patterns += '!';
      for (std::size_t part = 1 + below(5); part > 0; --part)
        patterns += parts[below(parts.size())];
      patterns += below(6) == 0 ? "/\n" : "\n";
    }
    ground.compare(patterns);
  }
}

TEST_CASE("scan: no pattern takes longer than its length times that of the path") {
  std::string stars, name(4000, 'a');
  for (int i = 0; i < 500; ++i) stars += "*a";
  IgnoreRules rules;
  rules.add_line(stars + "b");
  rules.add_line("/**/" + stars + "/**/b");
  CHECK(rules.judge(name, name, false) == IgnoreRules::Verdict::None);
}

TEST_CASE("scan: globs know which directories lead to a match") {
  const Wildmatch settings(".claude/**");
  CHECK(settings.leads_through(".claude"));
  CHECK(settings.leads_through(".claude/a/b"));
  CHECK(!settings.leads_through("docs"));
  CHECK(settings.matches(".claude/a"));
  CHECK(!settings.matches(".claude"));
  const Wildmatch top("CLAUDE*.md");
  CHECK(top.matches("CLAUDE.local.md"));
  CHECK(!top.matches("docs/CLAUDE.md"));
  CHECK(!top.leads_through("docs"));
  CHECK(!top.leads_through("CLAUDE.md"));
  CHECK(Wildmatch("**/x").leads_through("any/where"));
}
