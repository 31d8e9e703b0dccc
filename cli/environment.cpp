#include "environment.hpp"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace stravinsky::cli {
namespace {

struct Account {
  std::string name, home;
};

Account find_account() {
  std::vector<char> buffer(16 * 1024);
  passwd record{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &record, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return {};
  }
  return {found->pw_name, found->pw_dir};
}

/// The variable if it is an absolute path, as the XDG specification asks.
std::optional<std::string> find_directory(const std::string& name) {
  auto value = find_variable(name);
  if (!value || value->front() != '/') return std::nullopt;
  while (value->size() > 1 && value->back() == '/') value->pop_back();
  return value;
}

}  // namespace

std::optional<std::string> find_variable(const std::string& name) {
  const char* value = getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::vector<std::string> all_variables() {
  std::vector<std::string> variables;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) variables.emplace_back(*one);
  return variables;
}

std::string temp_directory() { return find_variable("TMPDIR").value_or("/tmp"); }

Environment read_environment() {
  const auto home = find_directory("HOME"), user = find_variable("USER");
  // Asking for the account reads files and may ask servers: not for what is said already.
  const Account account = home && user ? Account() : find_account();
  Environment environment;
  environment.home = home.value_or(account.home);
  environment.user = user.value_or(account.name);
  if (environment.user.empty()) environment.user = std::to_string(geteuid());
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) environment.host = host.data();
  environment.config_home =
      find_directory("XDG_CONFIG_HOME").value_or(environment.home + "/.config");
  environment.temp_dir = temp_directory();
  environment.state_home =
      find_directory("XDG_STATE_HOME").value_or(environment.home + "/.local/state");
  environment.claude_config_dir = find_directory("CLAUDE_CONFIG_DIR").value_or("");
  environment.store = find_variable("STRAVINSKY_STORE");
  environment.no_color = find_variable("NO_COLOR").has_value();
  environment.dumb_terminal = find_variable("TERM").value_or("dumb") == "dumb";
  return environment;
}

}  // namespace stravinsky::cli
