#include "validators/settings_keys.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace stravinsky::hooks {
namespace {

using Json = nlohmann::json;
using Names = std::initializer_list<const char*>;

const Names kFlags = {"agentPushNotifEnabled",
                      "allowAllClaudeAiMcps",
                      "allowManagedHooksOnly",
                      "allowManagedMcpServersOnly",
                      "allowManagedPermissionRulesOnly",
                      "alwaysThinkingEnabled",
                      "autoCompactEnabled",
                      "autoConnectIde",
                      "autoInstallIdeExtension",
                      "autoMemoryEnabled",
                      "autoScrollEnabled",
                      "awaySummaryEnabled",
                      "axScreenReader",
                      "channelsEnabled",
                      "disableAgentView",
                      "disableAllHooks",
                      "disableArtifact",
                      "disableBrowserExternalNavigation",
                      "disableBundledSkills",
                      "disableClaudeAiConnectors",
                      "disableMobileSimulatorTools",
                      "disableRemoteControl",
                      "disableSideloadFlags",
                      "disableSkillShellExecution",
                      "disableWorkflows",
                      "emojiCompletionEnabled",
                      "enableAllProjectMcpServers",
                      "enableArtifact",
                      "enforceAvailableModels",
                      "externalEditorContext",
                      "fastMode",
                      "fastModePerSessionOptIn",
                      "fileCheckpointingEnabled",
                      "forceRemoteSettingsRefresh",
                      "includeCoAuthoredBy",
                      "includeGitInstructions",
                      "inputNeededNotifEnabled",
                      "permissionExplainerEnabled",
                      "prefersReducedMotion",
                      "remoteControlAtStartup",
                      "requireCoworkFullVmSandbox",
                      "respectGitignore",
                      "respondToBashCommands",
                      "showClearContextOnPlanAccept",
                      "showThinkingSummaries",
                      "showTurnDuration",
                      "skipDangerousModePermissionPrompt",
                      "skipWebFetchPreflight",
                      "spinnerTipsEnabled",
                      "syntaxHighlightingDisabled",
                      "terminalProgressBarEnabled",
                      "useAutoModeDuringPlan",
                      "verbose",
                      "voiceEnabled",
                      "wheelScrollAccelerationEnabled",
                      "workflowKeywordTriggerEnabled",
                      "wslInheritsWindowsSettings"};

const Names kTexts = {"$schema",
                      "advisorModel",
                      "claudeMd",
                      "language",
                      "model",
                      "plansDirectory",
                      "prUrlTemplate",
                      "processWrapper",
                      "forceLoginGatewayUrl",
                      "requiredMaximumVersion",
                      "requiredMinimumVersion"};

const Names kFilledTexts = {"agent",
                            "apiKeyHelper",
                            "autoMemoryDirectory",
                            "awsAuthRefresh",
                            "awsCredentialExport",
                            "gcpAuthRefresh",
                            "minimumVersion",
                            "otelHeadersHelper",
                            "outputStyle",
                            "pluginTrustMessage"};

const Names kLists = {"availableModels", "fallbackModel", "pluginSuggestionMarketplaces",
                      "sshHostAllowlist"};

const Names kFilledLists = {"allowedHttpHookUrls",   "claudeMdExcludes",
                            "companyAnnouncements",  "disabledMcpjsonServers",
                            "enabledMcpjsonServers", "httpHookAllowedEnvVars",
                            "skippedMarketplaces",   "skippedPlugins"};

const Names kListsOfObjects = {
    "allowedChannelPlugins", "allowedMcpServers", "blockedMarketplaces", "deniedMcpServers",
    "footerLinksRegexes",    "managedMcpServers", "sshConfigs",          "strictKnownMarketplaces"};

const Names kMapsOfTexts = {"env", "modelOverrides", "vimInsertModeRemaps"};
const Names kObjects = {"enabledPlugins", "extraKnownMarketplaces", "pluginConfigs"};

struct Choice {
  const char* key;
  Names words;
};
const std::initializer_list<Choice> kChoices = {
    {"askUserQuestionTimeout", {"60s", "5m", "10m", "never"}},
    {"autoUpdatesChannel", {"stable", "latest"}},
    {"browserExternalPageTools", {"disabled"}},
    {"defaultShell", {"bash", "powershell"}},
    {"diffTool", {"auto", "terminal"}},
    {"disableAutoMode", {"disable"}},
    {"disableDeepLinkRegistration", {"disable"}},
    {"editorMode", {"normal", "vim"}},
    {"effortLevel", {"low", "medium", "high", "xhigh"}},
    {"forceLoginMethod", {"claudeai", "console", "gateway"}},
    {"parentSettingsBehavior", {"first-wins", "merge"}},
    {"preferredNotifChannel",
     {"auto", "terminal_bell", "iterm2", "iterm2_with_bell", "kitty", "ghostty",
      "notifications_disabled"}},
    {"teammateMode", {"auto", "in-process", "tmux", "iterm2"}},
    {"tui", {"fullscreen", "default"}},
    {"viewMode", {"default", "verbose", "focus"}},
    {"workflowSizeGuideline", {"unrestricted", "small", "medium", "large"}}};

Json text() { return {{"type", "string"}}; }
Json filled_text() { return {{"type", "string"}, {"minLength", 1}}; }
Json flag() { return {{"type", "boolean"}}; }
Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json set_of(Json items) {
  Json list = list_of(std::move(items));
  list["uniqueItems"] = true;
  return list;
}
Json map_of(Json values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}
Json one_of(Names words) { return {{"type", "string"}, {"enum", words}}; }
Json whole(std::int64_t least) { return {{"type", "integer"}, {"minimum", least}}; }

/// An object that takes these members and no others.
Json closed(Json properties, Names required = {}) {
  Json object = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (required.size() > 0) object["required"] = required;
  return object;
}

Json permissions() {
  return closed({{"allow", set_of(text())},
                 {"deny", set_of(text())},
                 {"ask", set_of(text())},
                 {"additionalDirectories", set_of(filled_text())},
                 {"defaultMode", one_of({"acceptEdits", "bypassPermissions", "default", "delegate",
                                         "dontAsk", "plan", "auto", "manual"})},
                 {"disableBypassPermissionsMode", one_of({"disable"})},
                 {"disableAutoMode", one_of({"disable"})}});
}

/// Handlers are objects here: their kinds differ too much for one schema to say what is wrong.
Json hooks() {
  return map_of(
      list_of(closed({{"matcher", text()}, {"hooks", list_of({{"type", "object"}})}}, {"hooks"})));
}

Json sandbox() {
  const Json port = {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}};
  const Json network = closed({{"allowUnixSockets", list_of(text())},
                               {"allowLocalBinding", flag()},
                               {"httpProxyPort", port},
                               {"socksProxyPort", port},
                               {"allowAllUnixSockets", flag()},
                               {"allowedDomains", list_of(filled_text())},
                               {"deniedDomains", list_of(filled_text())},
                               {"allowManagedDomainsOnly", flag()},
                               {"allowMachLookup", list_of(filled_text())},
                               {"tlsTerminate", {{"type", "object"}}},
                               {"strictAllowlist", flag()}});
  const Json filesystem = closed({{"allowWrite", list_of(filled_text())},
                                  {"denyWrite", list_of(filled_text())},
                                  {"denyRead", list_of(filled_text())},
                                  {"allowRead", list_of(filled_text())},
                                  {"allowManagedReadPathsOnly", flag()},
                                  {"disabled", flag()}});
  Json object = {{"type", "object"},
                 {"properties",
                  {{"network", network},
                   {"filesystem", filesystem},
                   {"ignoreViolations", map_of(list_of(text()))},
                   {"excludedCommands", list_of(text())},
                   {"autoAllowBashIfSandboxed", flag()},
                   {"enableWeakerNetworkIsolation", flag()},
                   {"enableWeakerNestedSandbox", flag()},
                   {"allowUnsandboxedCommands", flag()},
                   {"enabled", flag()},
                   {"ripgrep", closed({{"command", filled_text()}, {"args", list_of(text())}},
                                      {"command"})}}}};
  return object;
}

void add_objects(Json& keys) {
  const Json command = {{"type", "string"}, {"enum", {"command"}}};
  keys["permissions"] = permissions();
  keys["hooks"] = hooks();
  keys["sandbox"] = sandbox();
  keys["attribution"] = closed({{"commit", text()}, {"pr", text()}, {"sessionUrl", flag()}});
  keys["statusLine"] = closed({{"type", command},
                               {"command", text()},
                               {"padding", {{"type", "number"}}},
                               {"refreshInterval", whole(1)},
                               {"hideVimModeIndicator", flag()}},
                              {"type", "command"});
  keys["subagentStatusLine"] =
      closed({{"type", command}, {"command", filled_text()}}, {"type", "command"});
  keys["fileSuggestion"] = closed({{"type", command}, {"command", text()}}, {"type", "command"});
  Json verbs = list_of(filled_text());
  verbs["minItems"] = 1;
  keys["spinnerVerbs"] =
      closed({{"mode", one_of({"append", "replace"})}, {"verbs", verbs}}, {"verbs"});
  keys["spinnerTipsOverride"] = closed({{"excludeDefault", flag()}, {"tips", verbs}}, {"tips"});
  keys["skillOverrides"] = map_of(one_of({"on", "name-only", "user-invocable-only", "off"}));
  keys["worktree"] = closed({{"sparsePaths", list_of(filled_text())},
                             {"baseRef", one_of({"fresh", "head"})},
                             {"bgIsolation", one_of({"worktree", "none"})},
                             {"symlinkDirectories", list_of(text())}});
  keys["autoMode"] = closed({{"allow", list_of(text())},
                             {"soft_deny", list_of(text())},
                             {"environment", list_of(text())},
                             {"hard_deny", list_of(text())},
                             {"classifyAllShell", flag()}});
  keys["voice"] =
      closed({{"enabled", flag()}, {"mode", one_of({"hold", "tap"})}, {"autoSubmit", flag()}});
  keys["policyHelper"] = {{"type", "object"}, {"required", {"path"}}};
}

}  // namespace

Json settings_schema() {
  Json keys = Json::object();
  for (const char* key : kFlags) keys[key] = flag();
  for (const char* key : kTexts) keys[key] = text();
  for (const char* key : kFilledTexts) keys[key] = filled_text();
  for (const char* key : kLists) keys[key] = list_of(text());
  for (const char* key : kFilledLists) keys[key] = list_of(filled_text());
  for (const char* key : kListsOfObjects) keys[key] = list_of({{"type", "object"}});
  for (const char* key : kMapsOfTexts) keys[key] = map_of(text());
  for (const char* key : kObjects) keys[key] = {{"type", "object"}};
  for (const Choice& choice : kChoices) keys[choice.key] = one_of(choice.words);
  keys["cleanupPeriodDays"] = whole(1);
  keys["skillListingMaxDescChars"] = {{"type", "integer"}};
  keys["feedbackSurveyRate"] = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  keys["skillListingBudgetFraction"] = {{"type", "number"}, {"maximum", 1}};
  add_objects(keys);
  return {{"type", "object"}, {"properties", std::move(keys)}};
}

bool is_core_key(std::string_view key) noexcept {
  static constexpr std::string_view kCore[] = {
      "permissions",           "env",         "model",          "cleanupPeriodDays",
      "effortLevel",           "hooks",       "statusLine",     "enableAllProjectMcpServers",
      "apiKeyHelper",          "outputStyle", "enabledPlugins", "enabledMcpjsonServers",
      "disabledMcpjsonServers"};
  return std::find(std::begin(kCore), std::end(kCore), key) != std::end(kCore);
}

const std::vector<std::string>& hook_events() {
  static const std::vector<std::string> events = {
      "SessionStart",       "SessionEnd",          "Setup",
      "UserPromptSubmit",   "UserPromptExpansion", "PreToolUse",
      "PermissionRequest",  "PermissionDenied",    "PostToolUse",
      "PostToolUseFailure", "PostToolBatch",       "Notification",
      "MessageDisplay",     "SubagentStart",       "SubagentStop",
      "TaskCreated",        "TaskCompleted",       "Stop",
      "StopFailure",        "TeammateIdle",        "InstructionsLoaded",
      "ConfigChange",       "CwdChanged",          "DirectoryAdded",
      "FileChanged",        "WorktreeCreate",      "WorktreeRemove",
      "PreCompact",         "PostCompact",         "Elicitation",
      "ElicitationResult"};
  return events;
}

bool has_matcher(std::string_view event) noexcept {
  static constexpr std::string_view kWithout[] = {
      "UserPromptSubmit", "PostToolBatch",  "Stop",           "TeammateIdle",   "TaskCreated",
      "TaskCompleted",    "WorktreeCreate", "WorktreeRemove", "MessageDisplay", "CwdChanged"};
  return std::find(std::begin(kWithout), std::end(kWithout), event) == std::end(kWithout);
}

bool is_tool_event(std::string_view event) noexcept {
  static constexpr std::string_view kTool[] = {"PreToolUse", "PostToolUse", "PostToolUseFailure",
                                               "PermissionRequest", "PermissionDenied"};
  return std::find(std::begin(kTool), std::end(kTool), event) != std::end(kTool);
}

}  // namespace stravinsky::hooks
