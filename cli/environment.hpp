#pragma once

#include <optional>
#include <string>
#include <vector>

namespace stravinsky::cli {

/// What the library must be told because it reads no environment.
struct Environment {
  std::string home;                  ///< HOME, else the password database; absolute
  std::string user, host;            ///< USER, else the password database; the system's name
  std::string config_home;           ///< XDG_CONFIG_HOME, else ~/.config
  std::string state_home;            ///< XDG_STATE_HOME, else ~/.local/state
  std::string temp_dir;              ///< TMPDIR, else /tmp
  std::string claude_config_dir;     ///< CLAUDE_CONFIG_DIR; empty: ~/.claude
  std::optional<std::string> store;  ///< STRAVINSKY_STORE
  bool no_color = false;             ///< NO_COLOR is set and not empty
  bool dumb_terminal = false;        ///< TERM is `dumb`, or not set
};

Environment read_environment();
/// TMPDIR, else /tmp.
std::string temp_directory();
/// One variable; empty variables count as not set.
std::optional<std::string> find_variable(const std::string& name);
/// All of them, as `NAME=value`.
std::vector<std::string> all_variables();

}  // namespace stravinsky::cli
