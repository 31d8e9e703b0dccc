#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

namespace {

/// Settings with one hook on PreToolUse.
std::string with_hook(const std::string& handler, const std::string& matcher = "Bash") {
  return R"({"hooks": {"PreToolUse": [{"matcher": ")" + matcher + R"(", "hooks": [)" + handler +
         "]}]}}";
}

}  // namespace

TEST_CASE("validators: settings in use have no findings") {
  const auto tree =
      test::tree_with({{"/home/u/.claude/hooks/a.py", false}, {"/srv/p/.claude/hooks/b.sh", true}});
  const char* const text = R"x({
  "$schema": "https://json.schemastore.org/claude-code-settings.json",
  "model": "opus", "cleanupPeriodDays": 20, "env": {"FOO_BAR": "1"},
  "permissions": {"allow": ["Bash(git *)", "Read", "mcp__x__y"], "defaultMode": "acceptEdits"
}
, "statusLine" : {"type" : "command", "command" : "python3 ~/.claude/hooks/a.py", "padding" : 0},
                 "hooks"
    : {
      "PreToolUse" : [ {
        "matcher" : "Edit|Write",
        "hooks" : [
          {"type" : "command", "command" : "python3 $HOME/.claude/hooks/a.py", "timeout" : 5},
          {"type" : "command", "command" : "\"$CLAUDE_PROJECT_DIR\"/.claude/hooks/b.sh --now"}
        ]
      } ],
      "Stop" : [ {"hooks" : [ {"type" : "prompt", "prompt" : "done?"} ]} ]
    },
      "somethingNew" : {
  "x" : 1
}
})x";
  CHECK(judged("settings.json", text, tree) == Lines{});
}

TEST_CASE("validators: a value that the schema refuses is found where it stands [S09]") {
  CHECK(judged("settings.json", "{\n  \"model\": 5\n}") ==
        Lines{"error 2:12: 'model' is 5, not a string"});
  CHECK(judged("settings.json", "{\"cleanupPeriodDays\": 0}") ==
        Lines{"error 1:23: 'cleanupPeriodDays' is 0, not a whole number from 1"});
  CHECK(
      judged("settings.json", R"({"permissions": {"allow": "Bash"}})") ==
      Lines{
          "error 1:27: 'permissions.allow' is 'Bash', not an array in which nothing stands twice"});
  CHECK(judged("settings.json", R"({"permissions": {"alow": []}})") ==
        Lines{"error 1:18: unknown key 'alow' in 'permissions'"});
  CHECK(judged("settings.json", R"({"effortLevel": "huge"})") ==
        Lines{"error 1:17: 'effortLevel' is 'huge', not one of \"low\", \"medium\", \"high\", "
              "\"xhigh\""});
  CHECK(judged("settings.json", R"({"env": {"A": 1}})") ==
        Lines{"error 1:15: 'env.A' is 1, not a string"});
  CHECK(judged("settings.json", R"({"statusLine": {"type": "command"}})") ==
        Lines{"error 1:16: 'statusLine' has no \"command\""});
  // An array for a matcher makes the program drop the whole file.
  CHECK(judged("settings.json", R"({"hooks": {"Stop": [{"matcher": ["a"], "hooks": []}]}})") ==
        Lines{"error 1:33: 'hooks.Stop.0.matcher' is an array, not a string"});
  CHECK(judged("settings.json", R"({"hooks": {"Stop": [{}]}})") ==
        Lines{"error 1:21: 'hooks.Stop.0' has no \"hooks\""});
  // Where the published schema lags, a departure only warns.
  CHECK(judged("settings.json", R"({"sandbox": {"network": {"httpProxyPort": null}}})") ==
        Lines{"warning 1:43: 'sandbox.network.httpProxyPort' is null, not a whole number from 1 to "
              "65535"});
  CHECK(judged("settings.json", "[]") ==
        Lines{"error 1:1: the file holds an array, not an object"});
}

TEST_CASE("validators: unknown events and faulty handlers are found") {
  CHECK(judged("settings.json", R"({"hooks": {"PreToolUs": []}})") ==
        Lines{"error 1:12: unknown event 'PreToolUs': its hooks never run; did you mean "
              "'PreToolUse'?"});
  // It may be newer than our list.
  CHECK(judged("settings.json", R"({"hooks": {"MoonRose": []}})") ==
        Lines{"warning 1:12: unknown event 'MoonRose': its hooks never run"});
  CHECK(judged("settings.json", with_hook(R"({"command": "true"})")) ==
        Lines{"error 1:57: the hook has no 'type', such as \"command\""});
  CHECK(judged("settings.json", with_hook(R"({"type": "comand", "command": "x"})"))[0].starts_with(
      "error 1:66: a hook of an unknown type 'comand'"));
  CHECK(judged("settings.json", with_hook(R"({"type": "command", "cmd": "x"})")) ==
        Lines{"error 1:57: a hook of type command has no 'command'",
              "error 1:77: unknown key 'cmd' in a hook of type command"});
  CHECK(
      judged("settings.json", with_hook(R"({"type": "command", "command": "x", "timeout": 0})")) ==
      Lines{"error 1:104: 'timeout' is not a number of seconds above 0"});
  CHECK(
      judged("settings.json", with_hook(R"({"type": "http", "url": "u", "headers": {"a": 1}})")) ==
      Lines{"error 1:97: 'headers' is an object, not an object of strings"});
}

TEST_CASE("validators: a matcher that can never match is found") {
  const std::string hook = R"({"type": "command", "command": "true"})";
  // A real one: a regular expression with literal commas.
  const Lines real =
      judged("settings.json", with_hook(hook, "mcp__stravinsky__*,mcp__grep-app__*,Task"));
  REQUIRE(real.size() == 1);
  CHECK(real[0].find("a comma stands for itself") != std::string::npos);
  CHECK(judged("settings.json", with_hook(hook, "mcp__server")) ==
        Lines{"warning 1:39: 'mcp__server' matches no tool: write 'mcp__server__.*'"});
  CHECK(judged("settings.json", R"({"hooks": {"Stop": [{"matcher": "x", "hooks": []}]}})") ==
        Lines{"warning 1:33: Stop has no matcher: this one is ignored"});
  CHECK(judged("settings.json", with_hook(hook, "Edit, Write|Bash")) == Lines{});
}

TEST_CASE("validators: dangling and non-executable scripts are found") {
  const auto tree = test::tree_with({{"/home/u/.claude/hooks/plain.sh", false}});
  const auto command = [&](const std::string& line) {
    const Lines found = judged(
        "settings.json", with_hook(R"({"type": "command", "command": ")" + line + R"("})"), tree);
    return found.empty() ? std::string() : found.front().substr(found.front().find(": ") + 2);
  };
  CHECK(command("python3 ~/.claude/hooks/stop_hook.py") ==
        "the script '/home/u/.claude/hooks/stop_hook.py' does not exist");
  CHECK(command("~/.claude/hooks/plain.sh") ==
        "the script '/home/u/.claude/hooks/plain.sh' is not executable: chmod +x, or put its "
        "interpreter in front");
  CHECK(command("bash ~/.claude/hooks/plain.sh && gone") == "");
  CHECK(command("A=1 env B=2 bash -e ${HOME}/.claude/hooks/none.sh").ends_with("does not exist"));
  CHECK(command("uv run /x/none.py").ends_with("does not exist"));
  CHECK(command("'/x/no ne' arg") == "the script '/x/no ne' does not exist");
  CHECK(command(".claude/none.sh") == "the script '/srv/p/.claude/none.sh' does not exist");
  // What only a shell could tell is not guessed.
  for (const char* line :
       {"$TOOL/x.sh", "echo /x/none", "python3 -m a.b", "python3 -c 'import x/y'", "/x/*/none.sh",
        "`which x`/y", "jq . /x/none", ""}) {
    CAPTURE(line);
    if (*line != '\0') CHECK(command(line) == "");
  }
}

TEST_CASE("validators: settings with `args` start a program without a shell") {
  const auto tree = test::tree_with({{"/usr/bin/python3", true}});
  CHECK(judged("settings.json",
               with_hook(
                   R"({"type": "command", "command": "/usr/bin/python3", "args": ["/x/gone.py"]})"),
               tree)[0]
            .ends_with("the script '/x/gone.py' does not exist"));
}

TEST_CASE("validators: hook entries and keys lost against the previous version are named") {
  const std::string before = R"({"statusLine": {"type": "command", "command": "mine"},
    "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "theirs"},
                                  {"type": "command", "command": "my own"}]}],
              "PreToolUse": [{"hooks": [{"type": "command", "command": "guard"}]}]}})";
  const std::string after =
      R"({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "theirs"}]}]}})";
  CHECK(judged("settings.json", after, {}, before) ==
        Lines{"warning 1:1: the key 'statusLine' was there before and is gone",
              "warning 1:11: the hook 'guard' on PreToolUse was there before and is gone",
              "warning 1:20: the hook 'my own' on Stop was there before and is gone"});
  CHECK(judged("settings.json", before, {}, after) == Lines{});
  CHECK(judged("settings.json", after, {}, "no JSON") == Lines{});
}

TEST_CASE("validators: a hook is lost when it is for fewer tools, or runs less often") {
  const auto group = [](const std::string& matcher, const std::string& command) {
    return R"({"matcher": ")" + matcher + R"(", "hooks": [{"type": "command", "command": ")" +
           command + R"("}]})";
  };
  const auto hooks = [](const std::string& groups) {
    return R"({"hooks": {"PreToolUse": [)" + groups + "]}}";
  };
  const std::string both = hooks(group("Write", "guard") + ", " + group("Bash", "guard"));
  CHECK(judged("settings.json", hooks(group("Bash", "guard")), {}, both) ==
        Lines{"warning 1:26: the hook 'guard' on PreToolUse for 'Write' was there before and is "
              "gone"});
  const std::string twice = hooks(group("Bash", "a") + ", " + group("Bash", "a"));
  CHECK(judged("settings.json", hooks(group("Bash", "a")), {}, twice) ==
        Lines{"warning 1:26: the hook 'a' on PreToolUse for 'Bash' was there before and is gone"});
  // Another place among the groups, or another spelling of everything, loses nothing.
  CHECK(judged("settings.json", hooks(group("Bash", "guard") + ", " + group("Write", "guard")), {},
               both) == Lines{});
  CHECK(judged("settings.json", hooks(group("*", "a")), {}, hooks(group("", "a"))) == Lines{});
}

TEST_CASE("validators: permissions lost against the previous version are named") {
  const std::string before = R"j({"permissions": {"deny": ["Read(./.env)", "Bash(rm *)"],
    "allow": ["Read"], "additionalDirectories": ["/srv"]}})j";
  CHECK(judged("settings.json", R"j({"permissions": {"deny": ["Bash(rm *)"]}})j", {}, before) ==
        Lines{"warning 1:17: 'Read' in 'permissions.allow' was there before and is gone",
              "warning 1:17: '/srv' in 'permissions.additionalDirectories' was there before and is "
              "gone",
              "warning 1:26: 'Read(./.env)' in 'permissions.deny' was there before and is gone"});
  CHECK(judged("settings.json", before, {}, before) == Lines{});
}

TEST_CASE("validators: rules of permissions that no program reads are found") {
  const auto rule = [](const std::string& text) {
    const Lines found =
        judged("settings.json", R"({"permissions": {"deny": [")" + text + R"("]}})");
    return found.empty() ? std::string() : found.front();
  };
  CHECK(rule("Bash(rm *)") == "");
  CHECK(rule("Bash()") ==
        "warning 1:27: in 'deny': 'Bash()' says nothing between its parentheses: write 'Bash'");
  CHECK(
      rule("Read[x]") ==
      "warning 1:27: in 'deny': 'Read[x]' is no rule: write Tool, Tool(what) or mcp__server__tool");
  CHECK(rule("Edit(a").ends_with("has no ')' at its end"));
  CHECK(rule("Raed(x)").ends_with("names no known tool: did you mean 'Read'?"));
}

TEST_CASE("validators: keys that are read nowhere and names that no variable has warn") {
  CHECK(judged("settings.json", R"({"mcpServers": {}, "env": {"lower": "x"}})") ==
        Lines{"warning 1:16: 'mcpServers' is not read here: it belongs into .mcp.json",
              "warning 1:28: 'lower' is no name of a variable: A-Z, 0-9 and '_'"});
}
