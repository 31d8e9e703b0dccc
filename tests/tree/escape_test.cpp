#include "tree/escape.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace stravinsky;
using enum NameKind;

TEST_CASE("tree: a name is escaped for what git would obey, and stays otherwise") {
  struct Case {
    std::string name, symlink, other;
  };
  for (const Case& c : std::vector<Case>{
           {"plain", "plain", "plain"},
           {"%", "%25", "%25"},
           {"%mtree", "%25mtree", "%25mtree"},
           {"100%", "100%", "100%"},
           {".git", "%2Egit", "%2Egit"},
           {".GiT. .", "%2EGiT. .", "%2EGiT. ."},
           {".git::$INDEX_ALLOCATION", "%2Egit::$INDEX_ALLOCATION", "%2Egit::$INDEX_ALLOCATION"},
           {"git~1", "%67it~1", "%67it~1"},
           {"git~2", "git~2", "git~2"},
           {".git\\x%", "%2Egit%5Cx%25", "%2Egit%5Cx%25"},
           {"a\\b\\.git", "%61%5Cb%5C.git", "%61%5Cb%5C.git"},
           {"a\\b", "a\\b", "a\\b"},
           {".g\xE2\x80\x8Cit", "%2Eg\xE2\x80\x8Cit", "%2Eg\xE2\x80\x8Cit"},
           {"\xEF\xBB\xBF.git", "%EF\xBB\xBF.git", "%EF\xBB\xBF.git"},
           {".git\xFFz", "%2Egit\xFFz", "%2Egit\xFFz"},
           {".github", ".github", ".github"},
           {".gitmodules", "%2Egitmodules", "%2Egitmodules"},
           {".gitmodule\xC5\xBF", "%2Egitmodule\xC5\xBF", "%2Egitmodule\xC5\xBF"},
           {"GITMOD~4", "%47ITMOD~4", "%47ITMOD~4"},
           {"gitmod~5", "gitmod~5", "gitmod~5"},
           {"gi7eba~1", "%67i7eba~1", "%67i7eba~1"},
           {"~1000000", "%7E1000000", "%7E1000000"},
           {"~100000", "~100000", "~100000"},
           {".gitattributes", "%2Egitattributes", "%2Egitattributes"},
           {"x\\.gitattributes", "%78%5C.gitattributes", "%78%5C.gitattributes"},
           {"gi7d29~9", "%67i7d29~9", "%67i7d29~9"},
           {".gitignore", "%2Egitignore", ".gitignore"},
           {"gi250a~1", "%67i250a~1", "gi250a~1"},
           {".MailMap ", "%2EMailMap ", ".MailMap "},
           {"mailma~1", "%6Dailma~1", "mailma~1"},
           {".stravinsky", ".stravinsky", ".stravinsky"},
       }) {
    CAPTURE(c.name);
    CHECK(escape_name(c.name, Symlink, false) == c.symlink);
    CHECK(escape_name(c.name, Other, false) == c.other);
    CHECK(unescape_name(c.symlink) == c.name);
    CHECK(unescape_name(c.other) == c.name);
  }
  CHECK(escape_name(".stravinsky", Other, true) == "%2Estravinsky");
  CHECK(unescape_name("%2Estravinsky") == ".stravinsky");
}

TEST_CASE("tree: stored names that escaping never writes are refused") {
  using namespace std::string_view_literals;
  for (const std::string_view stored :
       {""sv,          "."sv,       ".."sv,       "a/b"sv,         "a\0b"sv, "%"sv,
        "%2"sv,        "%2E"sv,     "%2E."sv,     "%2F"sv,         "%00"sv,  "%2egit"sv,
        "%2Egit\\x"sv, "%2Egit%"sv, "%2Egit%5"sv, "%2Egit%5c"sv,
        "%2E%67it"sv,  // only the first byte, '\' and '%' are ever written so
        "%61"sv,       // needs no escape
        ".git"sv,      "git~1"sv,   "a\\.git"sv,  ".gitmodules"sv, "%25/"sv, "%mtree"sv}) {
    CAPTURE(stored);
    CHECK(!unescape_name(stored));
  }
}

TEST_CASE("tree: every name comes back from its stored form") {
  std::mt19937 engine(3);
  const std::string_view pieces[] = {
      "%",    "\\", ".git", ".", " ",      "~1",       ":",  "git",         "gi7e", "\xE2\x80\x8C",
      "\xFF", "25", "5C",   "a", "gitmod", ".mailmap", "\n", "\xEF\xBB\xBF"};
  for (int round = 0; round < 20000; ++round) {
    std::string name;
    const std::size_t count = 1 + engine() % 6;
    for (std::size_t i = 0; i < count; ++i) {
      if (engine() % 4 != 0) {
        name += pieces[engine() % std::size(pieces)];
      } else if (const auto byte = static_cast<char>(engine()); byte != '/' && byte != '\0') {
        name += byte;
      }
    }
    if (name.empty() || name == "." || name == "..") continue;
    CAPTURE(name);
    for (const NameKind kind : {Symlink, Other}) {
      for (const bool at_top : {false, true}) {
        const std::string stored = escape_name(name, kind, at_top);
        CHECK((stored == name || stored.starts_with('%')));
        CHECK((stored != name || !name.starts_with('%')));
        CHECK(unescape_name(stored) == name);
      }
    }
  }
}
