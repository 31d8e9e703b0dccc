#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "stravinsky/nearest.hpp"
#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

// Of the published schema and of the documentation of permission rules, August 2026.
const std::vector<std::string> kTools = {"Agent",
                                         "Artifact",
                                         "Bash",
                                         "Cd",
                                         "Edit",
                                         "EnterWorktree",
                                         "ExitPlanMode",
                                         "Glob",
                                         "Grep",
                                         "KillShell",
                                         "LSP",
                                         "Monitor",
                                         "MultiEdit",
                                         "NotebookEdit",
                                         "PowerShell",
                                         "Read",
                                         "ShareOnboardingGuide",
                                         "Skill",
                                         "TaskCreate",
                                         "TaskGet",
                                         "TaskList",
                                         "TaskOutput",
                                         "TaskStop",
                                         "TaskUpdate",
                                         "TodoWrite",
                                         "ToolSearch",
                                         "WebFetch",
                                         "WebSearch",
                                         "Workflow",
                                         "Write"};

}  // namespace

std::string judge_permission_rule(std::string_view rule, bool unknown_tool_matters) {
  const std::string shown = quoted(rule.substr(0, 80));
  if (rule.starts_with("mcp__")) return {};
  const std::size_t open = rule.find('(');
  const std::string tool(rule.substr(0, open));
  if (tool.empty() || tool.find_first_of("[]{}) \t") != std::string::npos) {
    return fmt::format("{} is no rule: write Tool, Tool(what) or mcp__server__tool", shown);
  }
  if (open != std::string_view::npos) {
    if (!rule.ends_with(')')) return fmt::format("{} has no ')' at its end", shown);
    if (open + 2 == rule.size()) {
      return fmt::format("{} says nothing between its parentheses: write {}", shown, quoted(tool));
    }
  }
  if (!unknown_tool_matters || std::find(kTools.begin(), kTools.end(), tool) != kTools.end()) {
    return {};
  }
  const auto near = find_nearest(tool, kTools);
  return fmt::format("{} names no known tool{}", shown,
                     near ? fmt::format(": did you mean '{}'?", *near) : "");
}

}  // namespace stravinsky::hooks
