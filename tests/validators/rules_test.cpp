// Every rule of docs/validation.md that is one value of one key, in tables: what is written, and
// what is found. Positions have tests of their own.
#include "validators/judged.hpp"
#include "validators/settings_keys.hpp"

using namespace stravinsky;
using test::Lines;

namespace {

struct Row {
  std::string text;
  Lines found;
};

/// Such as `error 'model' is 5, not a string`.
Lines reasons(const std::string& path, const std::string& text) {
  Lines lines;
  for (const std::string& line : test::judged(path, text)) {
    lines.push_back(line.substr(0, line.find(' ')) + line.substr(line.find(": ") + 1));
  }
  return lines;
}

void check(const std::string& path, const std::string& before, const std::string& after,
           const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string text = before + row.text + after;
    CAPTURE(text);
    CHECK(reasons(path, text) == row.found);
  }
}

}  // namespace

TEST_CASE("validators: rules of settings, each with a value that breaks it [S09]") {
  check(
      "settings.json", "{", "}",
      {{R"("permissions": {"additionalDirectories": [""]})",
        {"error 'permissions.additionalDirectories.0' is '', not a string that is not empty"}},
       {R"("permissions": {"additionalDirectories": ["/a", "/a"]})",
        {"error 'permissions.additionalDirectories' is an array, not an array in which nothing "
         "stands twice"}},
       {R"("permissions": {"additionalDirectories": ["/a", "../b"]})", {}},
       {R"("permissions": {"disableBypassPermissionsMode": true})",
        {"error 'permissions.disableBypassPermissionsMode' is a boolean, not one of "
         "\"disable\""}},
       {R"("permissions": {"disableAutoMode": "enable"})",
        {"error 'permissions.disableAutoMode' is 'enable', not one of \"disable\""}},
       {R"("permissions": {"disableBypassPermissionsMode": "disable"})", {}},
       {R"("permissions": {"defaultMode": "yolo"})",
        {"error 'permissions.defaultMode' is 'yolo', not one of \"acceptEdits\", "
         "\"bypassPermissions\", \"default\", \"delegate\", \"dontAsk\", \"plan\", \"auto\", "
         "\"manual\""}},
       {R"j("permissions": {"allow": ["Xyzzyplugh(a)"]})j",
        {"warning in 'allow': 'Xyzzyplugh(a)' names no known tool"}},
       {R"("permissions": {"ask": ["Bash(a) "]})",
        {"warning in 'ask': 'Bash(a) ' has no ')' at its end"}},
       {R"("statusLine": {"type": "command", "command": "true", "refreshInterval": 0})",
        {"error 'statusLine.refreshInterval' is 0, not a whole number from 1"}},
       {R"("statusLine": {"type": "command", "command": "true", "refreshInterval": 5})", {}},
       {R"("statusLine": {"type": "text", "command": "true"})",
        {"error 'statusLine.type' is 'text', not one of \"command\""}},
       {R"("apiKeyHelper": "")", {"error 'apiKeyHelper' is '', not a string that is not empty"}},
       {R"("outputStyle": 1)", {"error 'outputStyle' is 1, not a string that is not empty"}},
       {R"("enabledMcpjsonServers": "a")", {"error 'enabledMcpjsonServers' is 'a', not an array"}},
       {R"("disabledMcpjsonServers": [""])",
        {"error 'disabledMcpjsonServers.0' is '', not a string that is not empty"}},
       {R"("enableAllProjectMcpServers": "yes")",
        {"error 'enableAllProjectMcpServers' is 'yes', not true or false"}},
       {R"("enabledPlugins": [])", {"error 'enabledPlugins' is an array, not an object"}},
       {R"("disableAutoMode": "off")",
        {"warning 'disableAutoMode' is 'off', not one of \"disable\""}}});
}

TEST_CASE("validators: rules of hook handlers, each with a value that breaks it [S09]") {
  check("settings.json", R"({"hooks": {"PreToolUse": [{"hooks": [)", "]}]}}",
        {{R"j({"type": "command", "command": "true", "if": "Bash(git *)"})j", {}},
         {R"({"type": "command", "command": "true", "if": 5})",
          {"error 'if' is not a permission rule in a string"}},
         {R"({"type": "command", "command": "true", "if": "Bash("})",
          {"warning 'Bash(' has no ')' at its end"}},
         {R"({"type": "command", "command": "true", "once": true})",
          {"warning 'once' has a meaning in the front matter of skills only"}},
         {R"({"type": "command", "command": "true", "statusMessage": ["a"]})",
          {"error 'statusMessage' is not a string"}},
         {R"({"type": "command", "command": "true", "shell": "fish"})",
          {"error 'shell' is neither \"bash\" nor \"powershell\""}},
         {R"({"type": "command", "command": "true", "shell": 1})",
          {"error 'shell' is a whole number, not a string"}},
         {R"({"type": "command", "command": "true", "async": "yes"})",
          {"error 'async' is a string, not true or false"}},
         {R"({"type": "command", "command": "true", "asyncRewake": 1})",
          {"error 'asyncRewake' is a whole number, not true or false"}},
         {R"({"type": "command", "command": "true", "async": true, "asyncRewake": false})", {}},
         {R"({"type": "command", "command": ""})",
          {"error 'command' is a string, not a string that is not empty"}},
         {R"({"type": "command", "command": "true", "args": [1]})",
          {"error 'args' is an array, not an array of strings"}},
         {R"({"type": "prompt"})", {"error a hook of type prompt has no 'prompt'"}},
         {R"({"type": "prompt", "prompt": "p", "continueOnBlock": 1})",
          {"error 'continueOnBlock' is a whole number, not true or false"}},
         {R"({"type": "prompt", "prompt": "p", "model": "haiku"})", {}},
         {R"({"type": "agent"})", {"error a hook of type agent has no 'prompt'"}},
         {R"({"type": "agent", "prompt": "p", "model": 1})",
          {"error 'model' is a whole number, not a string"}},
         {R"({"type": "http"})", {"error a hook of type http has no 'url'"}},
         {R"({"type": "http", "url": "u", "allowedEnvVars": "A"})",
          {"error 'allowedEnvVars' is a string, not an array of strings"}},
         {R"({"type": "mcp_tool"})",
          {"error a hook of type mcp_tool has no 'server'",
           "error a hook of type mcp_tool has no 'tool'"}},
         {R"({"type": "mcp_tool", "server": "s", "tool": "t", "input": []})",
          {"error 'input' is an array, not an object"}},
         {R"({"type": "mcp_tool", "server": "s", "tool": "t", "input": {"a": 1}})", {}}});
  check("settings.json", R"({"hooks": {"Stop": [{"hooks": [)", "]}]}}",
        {{R"({"type": "command", "command": "true", "if": "Bash"})",
          {"warning a hook with 'if' never runs on Stop"}}});
}

TEST_CASE("validators: every event is known, and those without a matcher are [S09]") {
  const std::vector<std::string> without = {
      "UserPromptSubmit", "PostToolBatch",  "Stop",           "TeammateIdle",   "TaskCreated",
      "TaskCompleted",    "WorktreeCreate", "WorktreeRemove", "MessageDisplay", "CwdChanged"};
  const std::vector<std::string> with = {
      "SessionStart",      "SessionEnd",       "Setup",       "UserPromptExpansion", "PreToolUse",
      "PermissionRequest", "PermissionDenied", "PostToolUse", "PostToolUseFailure",  "Notification",
      "SubagentStart",     "SubagentStop",     "StopFailure", "InstructionsLoaded",  "ConfigChange",
      "DirectoryAdded",    "FileChanged",      "PreCompact",  "PostCompact",         "Elicitation",
      "ElicitationResult"};
  CHECK(hooks::hook_events().size() == with.size() + without.size());
  const std::string rest =
      R"(": [{"matcher": "x", "hooks": [{"type": "command", "command": "true"}]}]}})";
  for (const std::string& event : with) {
    CAPTURE(event);
    CHECK(reasons("settings.json", R"({"hooks": {")" + event + rest) == Lines{});
  }
  for (const std::string& event : without) {
    CAPTURE(event);
    CHECK(reasons("settings.json", R"({"hooks": {")" + event + rest) ==
          Lines{"warning " + event + " has no matcher: this one is ignored"});
  }
}

TEST_CASE("validators: rules of .mcp.json, each with a value that breaks it [S09]") {
  check(".mcp.json", R"({"mcpServers": {)", "}}",
        {{R"("s": {"type": "streamable-http", "url": "u", "oauth": {}})", {}},
         {R"("s": {"type": "ws", "url": "u", "headersHelper": "h"})", {}},
         {R"("s": {"type": "streamable-http"})", {"error the server 's' has no 'url'"}},
         {R"("s": {"type": "ws", "url": ""})", {"error 'url' of the server 's' is empty"}},
         {R"("s": {"type": "ws", "url": "u", "headers": []})",
          {"error the server 's': 'headers' is an array, not an object"}},
         {R"("s": {"type": "http", "url": "u", "headersHelper": 1})",
          {"error the server 's': 'headersHelper' is a whole number, not a string"}},
         {R"("s": {"type": "http", "url": "u", "oauth": "x"})",
          {"error the server 's': 'oauth' is a string, not an object"}},
         {R"("s": {"type": 5, "command": "x"})",
          {"error the server 's': 'type' is a whole number, not a string"}},
         {R"("s": {"command": "x", "args": [1]})",
          {"error the server 's': a word of 'args' is a whole number, not a string"}},
         {R"("s": {"command": "x", "timeout": "5"})",
          {"error the server 's': 'timeout' is a string, not a whole number of milliseconds"}}});
  for (const std::string name :
       {"workspace", "claude-in-chrome", "computer-use", "Claude Preview", "Claude Browser"}) {
    CAPTURE(name);
    CHECK(reasons(".mcp.json", R"({"mcpServers": {")" + name + R"(": {"command": "x"}}})") ==
          Lines{"error the name '" + name + "' is taken by the program itself"});
  }
}

TEST_CASE("validators: rules of front matter, each with a value that breaks it [S09]") {
  const std::string efforts = "not one of 'low', 'medium', 'high', 'xhigh', 'max'";
  check("agents/a.md", "---\nname: a\ndescription: x\n", "\n---\n",
        {{"permissionMode: plan\nmemory: project\nisolation: worktree\neffort: max\nbackground: on",
          {}},
         {"permissionMode: yolo",
          {"warning 'permissionMode' is 'yolo', not one of 'default', 'acceptEdits', 'auto', "
           "'dontAsk', 'bypassPermissions', 'plan', 'manual'"}},
         {"memory: all", {"warning 'memory' is 'all', not one of 'user', 'project', 'local'"}},
         {"isolation: none", {"warning 'isolation' is 'none', not one of 'worktree'"}},
         {"effort: huge", {"warning 'effort' is 'huge', " + efforts}},
         {"background: maybe", {"warning 'background' is 'maybe', not true or false"}},
         {"skills: {a: b}", {"warning 'skills' is an object, not a string or a list of strings"}},
         {"hooks: x", {"warning 'hooks' is 'x', not a map"}}});
  check("agents/a.md", "---\n", "\n---\n",
        {{"name: -a\ndescription: x",
          {"error the name starts with '-' or holds ':': the agent is not loaded"}},
         {"name: a", {"error no 'description': the agent is not loaded"}},
         {"name: a\ndescription: 5", {"error no 'description': the agent is not loaded"}}});
  check("commands/a.md", "---\n", "\n---\n",
        {{"context: fork\nshell: bash\neffort: low\ndisable-model-invocation: 1", {}},
         {"context: spoon", {"warning 'context' is 'spoon', not one of 'fork'"}},
         {"shell: fish", {"warning 'shell' is 'fish', not one of 'bash', 'powershell'"}},
         {"effort: none", {"warning 'effort' is 'none', " + efforts}},
         {"disable-model-invocation: 2",
          {"warning 'disable-model-invocation' is a whole number, not true or false"}},
         {"description: [a]", {"warning 'description' is an array, not a string"}},
         {"compatibility: " + std::string(500, 'x'), {}},
         {"compatibility: " + std::string(501, 'x'),
          {"warning 'compatibility' has more than 500 characters"}}});
  check("skills/pdf/SKILL.md", "---\nname: pdf\n", "\n---\n",
        {{"description: " + std::string(1024, 'x'), {}},
         {"description: " + std::string(1025, 'x'),
          {"warning 'description' has more than 1024 characters"}},
         {"description: x\nuser-invocable: perhaps",
          {"warning 'user-invocable' is 'perhaps', not true or false"}}});
  check("rules/a.md", "---\n", "\n---\n",
        {{"paths: src/**", {}},
         {"paths: {a: b}", {"warning 'paths' is an object, not a string or a list of strings"}}});
  check("output-styles/a.md", "---\n", "\n---\n",
        {{"name: a\ndescription: b\nkeep-coding-instructions: true", {}},
         {"name: [a]", {"warning 'name' is an array, not a string"}},
         {"keep-coding-instructions: perhaps",
          {"warning 'keep-coding-instructions' is 'perhaps', not true or false"}},
         {"force-for-plugin: 3",
          {"warning 'force-for-plugin' is a whole number, not true or false"}}});
}

TEST_CASE("validators: a script that no interpreter here reads is not checked, never valid [S09]") {
  const auto said = [](const std::string& line) {
    return reasons("hooks/guard", "#!" + line + "\nif (\n");
  };
  CHECK(said("/usr/bin/perl -w") == Lines{"not_checked not checked: nothing here reads 'perl'"});
  CHECK(said("/usr/bin/env -S ruby -w") ==
        Lines{"not_checked not checked: nothing here reads 'ruby'"});
  CHECK(said("/usr/bin/env") == Lines{"not_checked not checked: its interpreter is not known"});
  CHECK(said("fish") == Lines{"not_checked not checked: nothing here reads 'fish'",
                              "error the '#!' line names no absolute path of an interpreter"});
  CHECK(said("/bin/sh") == Lines{});
}

TEST_CASE("validators: rules of launchd jobs, each with a value that breaks it [S09]") {
  const auto time = [](const std::string& unit, const std::string& value) {
    return "<key>StartCalendarInterval</key><dict><key>" + unit + "</key><integer>" + value +
           "</integer></dict>";
  };
  const std::string type = "<key>ProcessType</key>";
  const std::string variables = "<key>EnvironmentVariables</key>";
  check("LaunchAgents/a.plist",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
        "<key>Label</key><string>a</string><key>Program</key><string>/bin/true</string>",
        "</dict></plist>\n",
        {{time("Minute", "59"), {}},
         {time("Minute", "60"), {"error 'Minute' is not a whole number from 0 to 59"}},
         {time("Hour", "24"), {"error 'Hour' is not a whole number from 0 to 23"}},
         {time("Day", "1"), {}},
         {time("Day", "0"), {"error 'Day' is not a whole number from 1 to 31"}},
         {time("Weekday", "7"), {}},
         {time("Weekday", "8"), {"error 'Weekday' is not a whole number from 0 to 7"}},
         {time("Month", "13"), {"error 'Month' is not a whole number from 1 to 12"}},
         {time("Year", "2026"), {"warning unknown key 'Year' in 'StartCalendarInterval'"}},
         {type + "<string>Adaptive</string>", {}},
         {type + "<string>Fast</string>",
          {"error 'ProcessType' is a string, not Background, Standard, Adaptive or Interactive"}},
         {variables + "<dict><key>A</key><string>b</string></dict>", {}},
         {variables + "<dict><key>A</key><integer>1</integer></dict>",
          {"error 'EnvironmentVariables' is an object, not a dictionary of strings"}},
         {variables + "<array/>",
          {"error 'EnvironmentVariables' is an array, not a dictionary of strings"}}});
}
