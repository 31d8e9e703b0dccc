#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

TEST_CASE("validators: Markdown as people write it has no findings") {
  CHECK(judged("commands/a.md", "Just text, --- and more.\n") == Lines{});
  CHECK(judged("commands/a.md", "---\n---\nbody") == Lines{});
  CHECK(judged("commands/a.md",
               "---\ndescription: Do it\nargument-hint: [file]\nallowed-tools: Bash(git *), Read\n"
               "cost_tier: 3\ndelegate_to: [a, b]\nlast_migrated: 2026-01-01\n---\n") == Lines{});
  CHECK(judged("agents/a.md",
               "---\nname: a\ndescription: |\n  Long: text\ntools:\n  - Read\n---\n") == Lines{});
  CHECK(judged("skills/pdf/SKILL.md",
               "---\nname: pdf\ndescription: Reads\nuser-invocable: yes\n---\n") == Lines{});
  CHECK(judged("rules/a.md", "---\npaths: [\"**/*.ts\"]\n---\n") == Lines{});
}

TEST_CASE("validators: faulty front matter is found in the line of the file [S09]") {
  CHECK(judged("commands/a.md", "---\na: 1\n") ==
        Lines{"error 1:1: the front matter is not closed: no further line '---'"});
  CHECK(judged("commands/a.md", "---\nx: 1\nx: 2\n---\n") ==
        Lines{"error 3:1: the key 'x' stands twice, first in line 2"});
  CHECK(judged("commands/a.md", "---\n- a\n---\n") ==
        Lines{"error 2:1: the front matter is an array, not a map of keys"});
  CHECK(judged("commands/a.md", "---\r\na: 1\r\n---\r\n") ==
        Lines{"error 1:4: a carriage return after '---': no front matter is read"});
  CHECK(judged("commands/a.md", "\xEF\xBB\xBF---\na: 1\n---\n") ==
        Lines{"warning 1:1: a byte order mark: programs before 2.1.239 ignored such a file"});
  // What vendors ship: a colon in plain text, and the documented hint that is no YAML.
  const Lines colon = judged("agents/a.md", "---\nname: a\ndescription: Use: this\n---\n");
  REQUIRE(colon.size() == 1);
  CHECK(colon[0].starts_with("error 3:"));
  const Lines hint = judged("commands/a.md", "---\nargument-hint: [a] [b]\n---\n");
  REQUIRE(hint.size() == 1);
  CHECK(hint[0].starts_with("error 2:20: "));
  CHECK(judged("commands/a.md", "---\na: &x [1]\nb: [*x, *x]\n---\n").size() == 1);
  CHECK(judged("commands/a.md", "caf\xE9") == Lines{"error 0:0: the text is not UTF-8"});
}

TEST_CASE("validators: an agent that would be passed over in silence is an error") {
  CHECK(judged("agents/a.md", "---\ndescription: x\n---\n") ==
        Lines{"error 2:1: no 'name': the agent is not loaded"});
  CHECK(judged("agents/a.md", "---\nname: a:b\ndescription: x\n---\n") ==
        Lines{"error 2:7: the name starts with '-' or holds ':': the agent is not loaded"});
  CHECK(judged("agents/a.md", "---\nname: a\ndescription: x\ncolor: mauve\nmaxTurns: 0\n---\n") ==
        Lines{"warning 4:8: 'color' is 'mauve', not one of 'red', 'blue', 'green', 'yellow', "
              "'purple', 'orange', 'pink', 'cyan'",
              "warning 5:11: 'maxTurns' is a whole number, not a whole number from 1"});
  CHECK(
      judged("agents/README.md", "# Agents\n") ==
      Lines{"warning 1:1: no front matter with 'name' and 'description': not loaded as an agent"});
}

TEST_CASE("validators: a skill's name and description are checked") {
  CHECK(judged("skills/pdf/SKILL.md", "---\nname: Pdf\ndescription: x\n---\n")[0].starts_with(
      "warning 2:7: 'Pdf' is no name of a skill"));
  CHECK(judged("skills/pdf/SKILL.md", "---\nname: doc\ndescription: x\n---\n") ==
        Lines{"warning 2:7: the name 'doc' is not that of its directory"});
  CHECK(judged("skills/pdf/SKILL.md", "---\nname: pdf\n---\n") ==
        Lines{"warning 2:1: no 'description': nothing says when to use the skill"});
}
