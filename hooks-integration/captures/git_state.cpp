#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "captures/facts.hpp"
#include "process/run_process.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::hooks {
namespace {

/// Nothing that is asked here runs a program that a repository's configuration names.
ProcessResult ask_git(const FactsOptions& options, const std::string& directory,
                      std::vector<std::string> words) {
  ProcessOptions process;
  process.words = {options.git, "-C", directory, "--no-optional-locks", "--no-replace-objects"};
  process.words.insert(process.words.end(), words.begin(), words.end());
  process.environment = {"HOME=" + options.home, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0",
                         "PATH=/usr/local/bin:/usr/bin:/bin"};
  process.directory = "/";
  process.cancelled = options.cancelled;
  return run_process(process);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string take_line(std::string& text) {
  std::string line = first_line(text);
  text.erase(0, line.size() + 1);
  return line;
}

/// `committer NAME <MAIL> SECONDS ZONE` of a commit object.
std::string commit_time(const std::string& commit) {
  const std::size_t at = commit.find("\ncommitter ");
  if (at == std::string::npos) return {};
  const std::string line = first_line(commit.substr(at + 1));
  const std::size_t seconds = line.rfind('>');
  if (seconds == std::string::npos) return {};
  return rfc3339(Timestamp(std::chrono::seconds(std::atoll(line.c_str() + seconds + 1))));
}

nlohmann::json state_of(const std::string& directory, const FactsOptions& options) {
  if (options.git.empty()) return {{"error", "git is not installed"}};
  ProcessResult where =
      ask_git(options, directory, {"rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD"});
  if (!where.succeeded()) {
    const std::string said = first_line(where.output);
    return {{"error", as_text(said.empty() ? where.how_it_ended() : said)}};
  }
  nlohmann::json state;
  state["repository"] = as_text(take_line(where.output));
  state["commit"] = take_line(where.output);
  state["branch"] = as_text(take_line(where.output));  // `HEAD` where none is checked out
  const ProcessResult commit = ask_git(options, directory, {"cat-file", "commit", "HEAD"});
  if (commit.succeeded()) state["commit_time"] = commit_time(commit.output);
  return state;
}

}  // namespace

nlohmann::json git_state(const Profile& profile, const FactsOptions& options) {
  nlohmann::json states = nlohmann::json::array();
  for (const ProfileRoot& root : profile.roots) {
    std::error_code error;
    if (!std::filesystem::is_directory(root.path, error)) continue;
    nlohmann::json state = state_of(root.path, options);
    state["mount"] = as_text(root.mount);
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace stravinsky::hooks
