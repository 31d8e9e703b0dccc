#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/config.hpp"
#include "stravinsky/json_text.hpp"

namespace stravinsky {

/// What to do about a file of settings that cannot be used.
inline constexpr std::string_view kSettingsRemedy =
    "correct it, then run `stravinsky config check`";

/// Complaints that are no errors, with a limit, because a hostile file could hold a million.
class Warnings {
 public:
  explicit Warnings(std::vector<std::string>& list) : list_(list) {}
  void add(std::string warning);

 private:
  std::vector<std::string>& list_;
};

/// `<file>:<line>:<column>: unknown key '<key>'`, with the nearest of `known`.
std::string unknown_key(const std::string& file, JsonPosition at, const std::string& key,
                        const std::vector<std::string>& known);

/// Where settings of profiles are read from and what their paths are relative to.
struct ProfileSource {
  const std::string& file;
  const ProfileSurroundings& surroundings;
  Warnings& warnings;
};

/// Reads one member of `profiles`. What `claude` does not say is as built in.
/// @throws Error Invalid, with `file:line:column`
Profile read_profile(const JsonMember& member, const ProfileSource& source);

/// The profile as JSON text, as `read_profile` would read it.
std::string profile_json(const Profile& profile);

/// "~" and "~/…" below `home`; any other text as it is.
std::string expand_home(const std::string& path, const std::string& home);

/// Those of a Claude Code tree.
inline const std::vector<std::string> kValidators = {
    "claude", "javascript", "json", "plist", "python", "shell", "toml", "xml", "yaml"};

/// Absolute, without "." and empty components and without a slash at its end; empty when it is not
/// absolute or has a component "..", which only the filesystem could resolve, or a NUL.
std::string clean_path(const std::string& path);

/// True when `inner` is `outer` or lies below it; both clean.
bool contains_path(const std::string& outer, const std::string& inner);

/// Gives every root without a mount its last component, made unique with -2, -3, …
void choose_mounts(std::vector<ProfileRoot>& roots);

}  // namespace stravinsky
