#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

TEST_CASE("validators: an import of CLAUDE.md that does not exist is named [S09]") {
  const auto context = test::tree_with({{"/home/u/.claude/docs/here.md", false},
                                        {"/home/u/notes.md", false},
                                        {"/srv/abs.md", false}});
  CHECK(judged("CLAUDE.md", "See @docs/here.md, @~/notes.md and (@/srv/abs.md).\n@docs/here.md\n",
               context) == Lines{});
  CHECK(judged("CLAUDE.md", "# Rules\n- @docs/gone.md.\n  @./also/gone\n", context) ==
        Lines{"warning 2:3: the import '@docs/gone.md' does not exist",
              "warning 3:3: the import '@./also/gone' does not exist"});
  CHECK(judged("CLAUDE.local.md", "@~/gone.md", context) ==
        Lines{"warning 1:1: the import '@~/gone.md' does not exist"});
}

TEST_CASE("validators: what only looks like an import in CLAUDE.md is none") {
  const auto context = test::tree_with({});
  CHECK(judged("CLAUDE.md",
               "mail a@b.example, @someone, @Override @param `@docs/code.md` npm i @scope/package\n"
               "```\n@docs/fenced.md\n```\n",
               context) == Lines{});
  CHECK(judged("README.md", "@docs/gone.md\n", context) == Lines{});
  CHECK(judged("CLAUDE.md", "@docs/gone.md\n") == Lines{});  // nothing is known of the tree
}
