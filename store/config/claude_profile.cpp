#include "config/profile_settings.hpp"
#include "stravinsky/config.hpp"

namespace stravinsky {
namespace {

// Anchored: a skill may well have a directory `cache` of its own. Without a slash at the end: a
// link in such a place is as little worth keeping as the directory it stands for.
constexpr const char* kExcluded[] = {
    // Secrets. With CLAUDE_CONFIG_DIR the application's state, account included, is in the root.
    "/.credentials.json", "/.claude.json", "/.claude.json.*", "/backups",
    // Transcripts of every session. What is in projects/*/memory is the user's own text; the two
    // exceptions keep the way to it open, as git does not look into an excluded directory.
    "/projects/*", "!/projects/*/", "/projects/*/*", "!/projects/*/memory/", "/history.jsonl",
    "/todos", "/tasks", "/plans", "/sessions", "/session-env", "/file-history", "/paste-cache",
    "/image-cache", "/uploads", "/downloads", "/feedback-bundles",
    // Written by the program, which makes them anew.
    "/statsig", "/logs", "/debug", "/shell-snapshots", "/usage-data", "/stats-cache.json",
    "/remote-settings.json", "/policy-limits.json", "/mcp-needs-auth-cache.json", "/cache", "/ide",
    "/telemetry", "/plugins/cache", "/plugins/marketplaces",
    // The tool that this store serves keeps these here.
    "/.backups", "/.manifests", "/.logs", "/state/*.jsonl"};

}  // namespace

Profile claude_profile(const ProfileSurroundings& surroundings) {
  Profile profile;
  profile.name = "claude";
  ProfileRoot& root = profile.roots.emplace_back();
  root.path = surroundings.claude_config_dir.empty() ? surroundings.home + "/.claude"
                                                     : surroundings.claude_config_dir;
  profile.exclude.assign(std::begin(kExcluded), std::end(kExcluded));
  profile.validators = kValidators;
  profile.switch_last = {"settings.json", "settings.local.json", ".mcp.json"};
  return profile;
}

}  // namespace stravinsky
