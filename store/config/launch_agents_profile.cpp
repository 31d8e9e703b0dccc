#include "config/profile_settings.hpp"
#include "stravinsky/config.hpp"

namespace stravinsky {

Profile launch_agents_profile(const ProfileSurroundings& surroundings) {
  Profile profile;
  profile.name = "launch-agents";
  ProfileRoot& root = profile.roots.emplace_back();
  root.path = surroundings.home + "/Library/LaunchAgents";
  // launchd reads what lies in the directory itself and ends so; whatever else is there is not its.
  root.include = {"*.plist"};
  profile.validators = std::vector<std::string>{"plist"};
  return profile;
}

std::vector<Profile> builtin_profiles(const ProfileSurroundings& surroundings) {
  return {claude_profile(surroundings), launch_agents_profile(surroundings)};
}

}  // namespace stravinsky
