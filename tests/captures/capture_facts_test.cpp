#include "captures/capture_facts.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process/find_program.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::hooks;
using nlohmann::json;
using test::output_of;
using test::TempDir;
using test::write_file;

namespace {

void write_below(const TempDir& dir, const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(dir / path).parent_path());
  write_file(dir / path, content);
}

json facts_of(const std::string& root, std::vector<std::string> captures,
              const std::string& home = "/nonexistent") {
  Profile profile;
  profile.name = "live";
  profile.roots.push_back({root, "", {}});
  profile.captures = std::move(captures);
  FactsOptions options;
  options.home = home;
  options.git = find_program("/usr/local/bin:/usr/bin:/bin", {"git"});
  const std::string facts = capture_facts(profile, options);
  return facts.empty() ? json() : json::parse(facts);
}

}  // namespace

TEST_CASE("captures: a profile that asks for nothing has none") {
  const TempDir dir;
  CHECK(facts_of(dir.path(), {}).is_null());
}

TEST_CASE("captures: commit, branch and time of the repository around a root [P02]") {
  const TempDir dir;
  output_of(
      "cd '" + dir.path() +
      "' && git init -q -b trunk . && mkdir agents && export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a "
      "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a GIT_COMMITTER_DATE='1700000000 +0200' && "
      "git commit -q --allow-empty -m one");
  const std::string head = output_of("git -C '" + dir.path() + "' rev-parse HEAD").substr(0, 40);
  json state = facts_of(dir / "agents", {"git"}).at("git").at(0);
  CHECK(state.at("commit") == head);
  CHECK(state.at("branch") == "trunk");
  CHECK(state.at("repository") == dir.path());
  CHECK(state.at("commit_time") == "2023-11-14T22:13:20.000000000Z");
  output_of("git -C '" + dir.path() + "' checkout -q --detach");
  CHECK(facts_of(dir / "agents", {"git"}).at("git").at(0).at("branch") == "HEAD");
}

TEST_CASE("captures: where there is no repository, or none that git reads, that is said") {
  const TempDir dir;
  const json state = facts_of(dir.path(), {"git"}).at("git").at(0);
  CHECK(state.contains("error"));
  CHECK(!state.contains("commit"));
}

TEST_CASE("captures: no program that a repository names is run") {
  const TempDir dir;
  const std::string run = "touch '" + dir.path() + "/ran'";
  output_of("cd '" + dir.path() +
            "' && git init -q . && export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a " +
            "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a && git commit -q --allow-empty -m one");
  write_file(dir / ".git/run", "#!/bin/sh\n" + run + "\n");
  output_of("chmod +x '" + dir.path() + "/.git/run' && cd '" + dir.path() +
            "' && for key in core.fsmonitor core.pager gpg.program core.sshCommand; do git config "
            "$key '" +
            dir.path() + "/.git/run'; done; git config log.showSignature true");
  CHECK(facts_of(dir.path(), {"git"}).at("git").at(0).contains("commit"));
  CHECK(!std::filesystem::exists(dir / "ran"));
}

TEST_CASE("captures: virtual environments are read, not run [P02]") {
  const TempDir dir;
  write_below(dir, "venv/pyvenv.cfg",
              "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n");
  write_below(dir, "venv/bin/python", "#!/bin/sh\ntouch '" + dir.path() + "/ran'\n");
  write_below(dir, "other/pyvenv.cfg", "home=/opt/uv\nuv = 0.5\nversion_info = 3.12.1\r\n");
  write_below(dir, "none/readme", "");
  const json venvs = facts_of(dir.path(), {"venv"}).at("venv");
  CHECK(venvs ==
        json::parse(R"([
    {"path": ")" + (dir / "other") +
                    R"(", "home": "/opt/uv", "python_version": "3.12.1", "has_python": false},
    {"path": ")" + (dir / "venv") +
                    R"(", "home": "/usr/bin", "python_version": "3.11.2",
     "system_site_packages": false, "has_python": true}])"));
  CHECK(!std::filesystem::exists(dir / "ran"));
}

TEST_CASE("captures: credentials are found by the rules, with where from and never what [P04]") {
  const TempDir dir;
  write_below(dir, "home/.google-ads/google-ads.yaml", "secret-ads");
  write_below(dir, "home/.config/google-drive-mcp/credentials.json", "secret-drive");
  write_below(dir, "home/.config/git/config", "no secret");
  write_below(dir, "home/key.json", "secret-key");
  write_below(dir, "p/infrastructure/mcp-servers/ads/credentials.json", "secret-mcp");
  write_below(dir, "p/infrastructure/mcp-servers/ads/gcp-oauth.keys.json", "secret-oauth");
  write_below(dir, "p/infrastructure/mcp-servers/file", "no directory");
  write_below(dir, "p/.mcp.json",
              R"({"mcpServers": {"drive": {"env": {
      "OAUTH_PATH": ")" +
                  (dir / "p/token") +
                  R"(", "HOME_KEY": "~/key.json", "PLAIN": "word", "N": 3,
      "GONE": "/nonexistent/file", "DIRECTORY": ")" +
                  dir.path() + R"("}}, "odd": 1}})");
  write_below(dir, "p/token", "secret-token");
  write_below(dir, "p/.claude/settings.json", "{}");
  const json found = facts_of(dir / "p/.claude", {"credentials"}, dir / "home").at("credentials");
  std::string names;
  for (const json& one : found) names += one.at("name").get<std::string>() + " ";
  CHECK(names ==
        "mcp/ads/credentials.json mcp/ads/gcp-oauth.keys.json env/drive/HOME_KEY "
        "env/drive/OAUTH_PATH google-ads.yaml config/google-drive-mcp/credentials.json ");
  CHECK(found.dump().find("secret-") == std::string::npos);
  const json& first = found.at(0);
  CHECK(first.at("path") == dir / "p/infrastructure/mcp-servers/ads/credentials.json");
  CHECK(first.at("size_bytes") == 10);
  CHECK(first.at("sha256") == output_of("printf secret-mcp | sha256sum").substr(0, 16));
  CHECK(first.at("captured") == false);
  CHECK(facts_of(dir / "p", {"credentials"}).at("credentials").at(0).at("captured") == true);
}

TEST_CASE("captures: a credential counts as captured only when the profile takes it in [P04]") {
  const TempDir dir;
  const std::string file = "infrastructure/mcp-servers/ads/credentials.json";
  write_below(dir, file, "secret-mcp");
  Profile profile;
  profile.name = "p";
  profile.captures = {"credentials"};
  profile.roots = {{dir.path(), {}, {}, false}};
  const auto is_captured = [&] {
    return json::parse(hooks::capture_facts(profile, {}))
        .at("credentials")
        .at(0)
        .at("captured")
        .get<bool>();
  };
  CHECK(is_captured());
  profile.exclude = {"credentials.json"};
  CHECK(!is_captured());
  profile.exclude.clear();
  profile.roots.front().include = {".claude/**"};
  CHECK(!is_captured());
  profile.roots.front().include = {"infrastructure/**"};
  CHECK(is_captured());
  write_below(dir, "infrastructure/.stravinskyignore", "ads/\n");
  CHECK(!is_captured());
  std::filesystem::remove(dir / "infrastructure/.stravinskyignore");
  // Of a link the snapshot has the target's name alone.
  const TempDir elsewhere;
  std::filesystem::rename(dir / file, elsewhere / "key");
  std::filesystem::create_symlink(elsewhere / "key", dir / file);
  CHECK(!is_captured());
}

TEST_CASE("captures: what is damaged or hostile tells less, and fails nothing") {
  const TempDir dir;
  write_below(dir, ".mcp.json", "{\"mcpServers\": [1, {\"env\": 2}]}");
  CHECK(facts_of(dir.path(), {"credentials"}).at("credentials").empty());
  write_below(dir, ".mcp.json", "{\"mcpServers\": \xff");
  CHECK(facts_of(dir.path(), {"credentials"}).at("credentials").empty());
  output_of("rm '" + (dir / ".mcp.json") + "' && mkfifo '" + (dir / ".mcp.json") + "'");
  CHECK(facts_of(dir.path(), {"credentials"}).at("credentials").empty());
  write_below(dir, "pyvenv.cfg", std::string(100'000, 'x'));
  CHECK(facts_of(dir.path(), {"venv"}).at("venv").empty());
  const std::string odd = dir / "odd\xff";
  write_below(dir, "odd\xff/pyvenv.cfg", "home = \xfe\n");
  CHECK(facts_of(odd, {"venv", "credentials", "git"}).at("venv").size() == 1);
}
