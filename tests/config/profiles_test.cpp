#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "stravinsky/config.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

Profile profile_at(const std::string& name, const std::string& path,
                   std::vector<std::string> exclude) {
  Profile profile;
  profile.name = name;
  profile.roots.emplace_back().path = path;
  profile.exclude = std::move(exclude);
  return profile;
}

std::string hash6(std::string_view text) { return sha256(text).hex().substr(0, 6); }

/// A home directory with the user's configuration, and a project beside and below it.
struct Surroundings {
  TempDir dir;
  std::string top = fs::real_path(dir.path());
  ProfileSurroundings at;

  Surroundings() {
    fs::make_directories(top + "/home/.claude/skills/x");
    fs::make_directories(top + "/home/My Project/.claude");
    fs::make_directories(top + "/home/My Project/src/deep");
    fs::make_directories(top + "/plain/empty");
    write_file(top + "/plain/file.txt", "x");
    at = {.home = top + "/home", .working_directory = top + "/home", .claude_config_dir = {}};
  }
  std::optional<Profile> project_in(const std::string& directory) {
    at.working_directory = top + directory;
    return find_project_profile(at);
  }
};

}  // namespace

TEST_CASE("config: profile names are those that a ref and an option can hold") {
  for (const char* good : {"a", "claude", "0", "a.b_c-d", "claude-x-0a1b2c", "a.lockx"}) {
    CHECK(is_profile_name(good));
  }
  CHECK(is_profile_name(std::string(63, 'a')));
  for (const char* bad : {"", "A", "-a", ".a", "_a", "a..b", "a.", "a.lock", "a/b", "a b", "é",
                          "audit", "upstream"}) {
    CHECK(!is_profile_name(bad));
  }
  CHECK(!is_profile_name(std::string(64, 'a')));
}

TEST_CASE("config: derived names are lowered, cleaned, cut, and told apart by a hash") {
  const std::string hash = "-" + hash6("/p");
  CHECK(derived_profile_name("My Project", "/p") == "my-project" + hash);
  CHECK(derived_profile_name(".config.d_", "/p") == "config-d" + hash);
  CHECK(derived_profile_name("\xff\xfe", "/p") == "root" + hash);
  CHECK(derived_profile_name("", "/p") == "root" + hash);
  CHECK(derived_profile_name("café!", "/p") == "caf" + hash);
  CHECK(derived_profile_name(std::string(60, 'x'), "/p") == std::string(48, 'x') + hash);
  CHECK(derived_profile_name(std::string(47, 'x') + "--y", "/p") == std::string(47, 'x') + hash);
  CHECK(derived_profile_name("a", "/p") != derived_profile_name("a", "/q"));
  for (const char* odd : {"a.lock", "..", "audit", "upstream", "-"}) {
    CHECK(is_profile_name("claude-" + derived_profile_name(odd, odd)));
    CHECK(is_profile_name(derived_profile_name(odd, odd)));
  }
}

TEST_CASE("config: the claude profile leaves out secrets and transcripts, and git agrees [P03]") {
  const TempDir dir;
  const Profile profile =
      claude_profile({.home = dir / "home", .working_directory = "/", .claude_config_dir = {}});
  CHECK(profile.name == "claude");
  REQUIRE(profile.roots.size() == 1);
  CHECK(profile.roots.front().path == dir / "home/.claude");
  CHECK(profile.switch_last ==
        std::vector<std::string>{"settings.json", "settings.local.json", ".mcp.json"});

  // Patterns are gitignore's, so git is asked what they match.
  const std::string root = profile.roots.front().path;
  const std::vector<std::string> kept = {"settings.json",
                                         "settings.local.json",
                                         "CLAUDE.md",
                                         "keybindings.json",
                                         "skills/x/SKILL.md",
                                         "skills/x/cache/data",
                                         "skills/x/projects/a.txt",
                                         "hooks/h.py",
                                         "plugins/config.json",
                                         "projects/-home-u/memory/MEMORY.md",
                                         "projects/-home-u/memory/more/notes.md",
                                         "state/keep.json",
                                         "agent-memory/a.md",
                                         "commands/plans/a.md"};
  const std::vector<std::string> left_out = {".credentials.json",
                                             ".claude.json",
                                             ".claude.json.backup",
                                             "backups/.claude.json.1",
                                             "projects/loose.txt",
                                             "projects/-home-u/session.jsonl",
                                             "projects/-home-u/subagents/a.jsonl",
                                             "todos/1.json",
                                             "history.jsonl",
                                             "plugins/cache/p/x",
                                             "plugins/marketplaces/m/x",
                                             "shell-snapshots/s.sh",
                                             "state/log.jsonl",
                                             ".backups/x",
                                             "statsig/x",
                                             "plans/p.md",
                                             "tasks/1.json",
                                             "sessions/s.json",
                                             "session-env/e",
                                             "file-history/h",
                                             "paste-cache/p",
                                             "image-cache/i.png",
                                             "uploads/u",
                                             "downloads/d",
                                             "feedback-bundles/f.zip",
                                             "logs/l.txt",
                                             "debug/d.txt",
                                             "usage-data/u.json",
                                             "stats-cache.json",
                                             "remote-settings.json",
                                             "policy-limits.json",
                                             "mcp-needs-auth-cache.json",
                                             "cache/c",
                                             "ide/1.lock",
                                             "telemetry/t",
                                             ".manifests/m",
                                             ".logs/l"};
  std::string patterns;
  for (const std::string& pattern : profile.exclude) patterns += pattern + "\n";
  for (const auto& list : {kept, left_out}) {
    for (const std::string& path : list) {
      fs::make_directories((root + "/" + path).substr(0, (root + "/" + path).rfind('/')));
      write_file(root + "/" + path, "x");
    }
  }
  output_of("git init -q '" + root + "'");
  write_file(root + "/.git/info/exclude", patterns);
  std::string expected;
  std::vector<std::string> sorted = kept;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& path : sorted) expected += path + "\n";
  CHECK(output_of("git -C '" + root +
                  "' -c core.excludesFile=/dev/null ls-files --others --exclude-standard | "
                  "LC_ALL=C sort") == expected);
}

TEST_CASE("config: CLAUDE_CONFIG_DIR moves the root of the claude profile") {
  CHECK(claude_profile({.home = "/h", .working_directory = "/", .claude_config_dir = "/srv/c"})
            .roots.front()
            .path == "/srv/c");
}

TEST_CASE("config: a project is found from anywhere below it") {
  Surroundings s;
  const std::string directory = s.top + "/home/My Project";
  const auto profile = s.project_in("/home/My Project/src/deep");
  REQUIRE(profile);
  CHECK(profile->name == "claude-my-project-" + hash6(directory));
  REQUIRE(profile->roots.size() == 1);
  CHECK(profile->roots.front().path == directory);
  CHECK(profile->roots.front().mount == "");
  CHECK(profile->roots.front().include ==
        std::vector<std::string>{".claude/**", ".mcp.json", "CLAUDE*.md"});
  CHECK(s.project_in("/home/My Project")->name == profile->name);
  CHECK(find_profile(profile->name, Config(), s.at)->roots.front().path == directory);

  // The nearest one counts, and .mcp.json alone makes one.
  write_file(directory + "/src/.mcp.json", "{}");
  CHECK(s.project_in("/home/My Project/src/deep")->roots.front().path == directory + "/src");
}

TEST_CASE("config: neither the home directory nor the user's configuration is a project") {
  Surroundings s;
  CHECK(!s.project_in("/home"));
  CHECK(!s.project_in("/plain/empty"));
  fs::make_directories(s.top + "/home/.claude/skills/x/.claude");
  CHECK(!s.project_in("/home/.claude/skills/x"));
  std::filesystem::create_symlink(s.top + "/home", s.top + "/link");
  s.at.home = s.top + "/link";  // the same directory by another name
  CHECK(!s.project_in("/home"));
  // The directory around a moved configuration.
  fs::make_directories(s.top + "/moved/.claude");
  s.at.claude_config_dir = s.top + "/moved/.claude";
  CHECK(!s.project_in("/moved"));
  s.at.claude_config_dir.clear();
  CHECK(s.project_in("/moved"));
  CHECK(!s.project_in("/not/there"));
}

TEST_CASE("config: a path that is a known root means that profile") {
  Surroundings s;
  CHECK(profile_for_paths({s.top + "/home/.claude/"}, Config(), s.at).name == "claude");
  std::filesystem::create_symlink(s.top + "/home/.claude", s.top + "/link");
  CHECK(profile_for_paths({s.top + "/link"}, Config(), s.at).name == "claude");
  CHECK(profile_for_paths({"../home/.claude"}, Config(), s.at).name == "claude");

  Config config;
  config.profiles["mine"] = profile_at("mine", s.top + "/plain", {"*.o"});
  CHECK(profile_for_paths({s.top + "/plain"}, config, s.at).exclude ==
        std::vector<std::string>{"*.o"});
  CHECK(profile_for_paths({s.top + "/plain/empty"}, config, s.at).name ==
        "empty-" + hash6(s.top + "/plain/empty"));
  // A project's profile takes in part of the directory; who names it means all of it.
  const Profile whole = profile_for_paths({s.top + "/home/My Project"}, config, s.at);
  CHECK(whole.name == "my-project-" + hash6(s.top + "/home/My Project"));
  CHECK(whole.roots.front().include.empty());
  CHECK(whole.exclude.empty());
}

TEST_CASE("config: paths make a profile of their own, relative ones from the working directory") {
  Surroundings s;
  s.at.working_directory = s.top + "/plain";
  const Profile file = profile_for_paths({"file.txt"}, Config(), s.at);
  CHECK(file.name == "file-txt-" + hash6(s.top + "/plain/file.txt"));
  CHECK(file.roots.front().path == s.top + "/plain/file.txt");
  const Profile here = profile_for_paths({"."}, Config(), s.at);
  CHECK(here.name == "plain-" + hash6(s.top + "/plain"));
  CHECK(here.roots.front().path == s.top + "/plain");
  CHECK(here.roots.front().mount == "");
}

TEST_CASE("config: several paths are one profile of several roots") {
  Surroundings s;
  fs::make_directories(s.top + "/a/conf");
  fs::make_directories(s.top + "/b/conf");
  fs::make_directories(s.top + "/c/conf");
  const Profile profile =
      profile_for_paths({s.top + "/b/conf", s.top + "/a/conf", s.top + "/c/conf"}, Config(), s.at);
  const std::string zero(1, '\0');
  CHECK(profile.name ==
        "conf-" + hash6(s.top + "/a/conf" + zero + s.top + "/b/conf" + zero + s.top + "/c/conf"));
  REQUIRE(profile.roots.size() == 3);
  CHECK(profile.roots[0].mount == "conf");
  CHECK(profile.roots[1].mount == "conf-2");
  CHECK(profile.roots[2].mount == "conf-3");
  CHECK(profile.roots[0].path == s.top + "/b/conf");
}

TEST_CASE("config: roots that are absent, odd, equal or nested are refused") {
  Surroundings s;
  const auto refuse = [&](const std::vector<std::string>& paths) {
    return error_of([&] { profile_for_paths(paths, Config(), s.at); });
  };
  CHECK(refuse({}) == Errc::Invalid);
  CHECK(refuse({""}) == Errc::NotFound);
  CHECK(refuse({std::string("a\0b", 3)}) == Errc::NotFound);
  CHECK(refuse({s.top + "/plain/file.txt/below"}) == Errc::NotFound);
  CHECK(refuse({"/dev/null"}) == Errc::Invalid);
  CHECK(refuse({s.top + "/plain", s.top + "/plain/"}) == Errc::Invalid);
  CHECK(refuse({s.top + "/plain", s.top + "/plain/empty"}) == Errc::Invalid);
  CHECK(refuse({s.top + "/plain/empty", s.top + "/plain"}) == Errc::Invalid);
  CHECK(refuse({"/", s.top + "/plain"}) == Errc::Invalid);
  std::filesystem::create_symlink(s.top + "/plain", s.top + "/link");
  CHECK(refuse({s.top + "/plain", s.top + "/link"}) == Errc::Invalid);
  std::filesystem::create_symlink("loop", s.top + "/loop");
  CHECK(refuse({s.top + "/loop"}) == Errc::NotFound);
  try {
    profile_for_paths({"before the change"}, Config(), s.at);
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::NotFound);
    CHECK(error.remedy() == "did you mean `-m 'before the change'`?");
  }
}

TEST_CASE("config: profiles are found by name, the configured ones first") {
  Surroundings s;
  Config config;
  config.profiles["mine"] = profile_at("mine", "/x", {});
  CHECK(find_profile("mine", config, s.at)->roots.front().path == "/x");
  CHECK(find_profile("claude", config, s.at)->roots.front().path == s.top + "/home/.claude");
  config.profiles["claude"] = profile_at("claude", "/y", {});
  CHECK(find_profile("claude", config, s.at)->roots.front().path == "/y");
  CHECK(!find_profile("none", config, s.at));
}

TEST_CASE("config: launch-agents takes in the property lists that launchd reads [P02]") {
  Surroundings s;
  const std::string agents = s.top + "/home/Library/LaunchAgents";
  const Profile profile = find_profile("launch-agents", Config(), s.at).value();
  CHECK(profile.roots.front().path == agents);
  CHECK(profile.validators == std::vector<std::string>{"plist"});
  const std::vector<std::string> include = profile.roots.front().include;
  REQUIRE(include.size() == 1);
  CHECK(matches_glob(include.front(), "com.example.agent.plist"));
  CHECK_FALSE(matches_glob(include.front(), "com.example.agent.plist.disabled"));
  CHECK_FALSE(matches_glob(include.front(), "old/com.example.agent.plist"));
  fs::make_directories(agents);
  CHECK(profile_for_paths({agents}, Config(), s.at).name == "launch-agents");
  Config config;
  config.profiles["launch-agents"] = profile_at("launch-agents", "/y", {});
  CHECK(find_profile("launch-agents", config, s.at)->roots.front().path == "/y");
  CHECK(profile_for_paths({agents}, config, s.at).name != "launch-agents");
}

TEST_CASE("config: a glob of a profile means a path from the top, and `*` stops at a slash") {
  CHECK(matches_glob("agents/**", "agents/a/b.md"));
  CHECK(matches_glob("*.json", "settings.json"));
  CHECK_FALSE(matches_glob("*.json", "a/settings.json"));
  CHECK(matches_glob("**/*.json", "a/settings.json"));
  CHECK_FALSE(matches_glob("agents", "agents/a"));
}
