#include <doctest/doctest.h>

#include <random>

#include "stravinsky/text.hpp"
#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

namespace {

const char* const kPaths[] = {"settings.json", ".mcp.json",  "commands/a.md", "skills/a/SKILL.md",
                              "agents/a.md",   "x.json",     "x.yaml",        "x.toml",
                              "x.xml",         "x.plist",    "x.sh",          "x.py",
                              "hooks/a.md",    "rules/a.md", "x.bin",         "output-styles/a.md"};

std::string repeat(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

bool has_error(const Lines& lines) {
  for (const std::string& line : lines) {
    if (line.starts_with("error")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("validators: huge depth is refused and does not end the program") {
  const std::size_t deep = 200'000;
  CHECK(has_error(judged("x.json", repeat("[", deep))));
  CHECK(has_error(judged("settings.json", repeat("{\"a\":", deep))));
  CHECK(has_error(judged(".mcp.json", repeat("[", deep))));
  CHECK(has_error(judged("x.yaml", repeat("[", deep))));
  CHECK(has_error(judged("x.yaml", repeat("- ", deep))));
  CHECK(has_error(judged("agents/a.md", "---\n" + repeat("[", deep) + "\n---\n")));
  CHECK(has_error(judged("x.toml", "a = " + repeat("[", deep))));
  CHECK(has_error(judged("x.xml", repeat("<a>", deep))));
  CHECK(has_error(judged("x.plist", "<plist>" + repeat("<array>", deep))));
}

TEST_CASE("validators: NUL bytes and bytes that are no UTF-8 are refused where a text is wanted") {
  for (const char* path : kPaths) {
    CAPTURE(path);
    const std::string name = path;
    if (name == "x.bin") continue;
    const bool is_script = name == "x.sh" || name == "x.py";
    const bool takes_nul = name.ends_with(".md");  // text, whatever is in it
    if (!takes_nul) CHECK(has_error(judged(name, std::string("a\0b", 3))));
    if (!is_script) CHECK(has_error(judged(name, "---\n\xFF\xFE: \xC3\n---\n")));
  }
}

TEST_CASE("validators: bombs of entities and aliases are refused before they unfold") {
  std::string entities = "<!DOCTYPE a [<!ENTITY a0 'x'>";
  for (int i = 1; i < 30; ++i) {
    entities += fmt::format("<!ENTITY a{} '&a{};&a{};'>", i, i - 1, i - 1);
  }
  CHECK(has_error(judged("x.xml", entities + "]><a>&a29;</a>")));
  CHECK(has_error(judged("x.plist", entities + "]><plist><string>&a29;</string></plist>")));
  std::string aliases = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i)
    aliases += fmt::format("a{}: &a{} [*a{}, *a{}]\n", i, i, i - 1, i - 1);
  CHECK(has_error(judged("x.yaml", aliases)));
  CHECK(has_error(judged("commands/a.md", "---\n" + aliases + "---\n")));
}

TEST_CASE("validators: a file with a hundred thousand faults has a bounded list") {
  std::string text = "{\"hooks\": {\"Stop\": [{\"hooks\": [";
  for (int i = 0; i < 20'000; ++i) text += "{},";
  text += "{}]}]}}";
  const Lines found = judged("settings.json", text);
  CHECK(found.size() == hooks::Findings::kMostFindings + 1);
  CHECK(has_error(found));
}

TEST_CASE("validators: a file that is too large is not checked, and that is said") {
  const std::string large(kJsonSize + 1, ' ');
  CHECK(judged("x.json", large) ==
        Lines{"not_checked 0:0: not checked: it has more than 16777216 bytes"});
}

TEST_CASE("validators: no bytes make a validator throw") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {
      "{",        "}",        "[",           "]",          "\"",
      ":",        ",",        "\n",          "---\n",      "a",
      "- ",       "<plist>",  "<dict>",      "</dict>",    "<key>",
      "&",        "*",        "\\u12",       "\"hooks\":", "\"PreToolUse\"",
      "#!",       "'",        "=",           "1",          "true",
      "\xFF",     "\xC3\xA9", "<<<<<<< x\n", "=======\n",  ">>>>>>> y\n",
      "bplist00", "name: ",   "~",           "$",          "\"command\":\"/x $H ${"};
  const auto tree = test::tree_with({});
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length) {
      text += pieces[random() % std::size(pieces)];
    }
    for (const char* path : kPaths) {
      CAPTURE(path);
      CAPTURE(quoted(text));
      CHECK_NOTHROW(judged(path, text, tree, text));
    }
  }
}
