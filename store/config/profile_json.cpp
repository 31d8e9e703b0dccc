#include <nlohmann/json.hpp>

#include "config/profile_settings.hpp"

namespace stravinsky {
namespace {

/// Of a hook or a check: what is run.
template <typename Command>
nlohmann::ordered_json command_json(const Command& command) {
  nlohmann::ordered_json item;
  if (command.words.empty()) {
    item["command"] = command.command;
  } else {
    item["run"] = command.words;
  }
  return item;
}

nlohmann::ordered_json hook_json(const LifecycleHook& hook) {
  nlohmann::ordered_json item = command_json(hook);
  item["essential"] = hook.is_essential;
  item["timeout"] = hook.timeout_seconds;
  return item;
}

nlohmann::ordered_json check_json(const HealthCheck& check) {
  nlohmann::ordered_json item = command_json(check);
  item["timeout"] = check.timeout_seconds;
  item["delay"] = check.delay_seconds;
  item["tries"] = check.tries;
  return item;
}

}  // namespace

std::string profile_json(const Profile& profile) {
  nlohmann::ordered_json roots = nlohmann::ordered_json::array();
  for (const ProfileRoot& root : profile.roots) {
    nlohmann::ordered_json item{{"path", root.path}};
    if (!root.mount.empty()) item["mount"] = root.mount;
    if (!root.include.empty()) item["include"] = root.include;
    if (root.switch_directory) item["switch"] = "directory";
    roots.push_back(std::move(item));
  }
  nlohmann::ordered_json json{
      {"roots", roots}, {"exclude", profile.exclude}, {"switch_last", profile.switch_last}};
  if (profile.validators) json["validators"] = *profile.validators;
  for (const LifecycleHook& hook : profile.hooks) {
    json["hooks"][hook.moment].push_back(hook_json(hook));
  }
  for (const ReloadAction& action : profile.reload) {
    nlohmann::ordered_json item = hook_json(action.hook);
    if (!action.paths.empty()) item["paths"] = action.paths;
    json["reload"].push_back(std::move(item));
  }
  for (const HealthCheck& check : profile.checks) json["checks"].push_back(check_json(check));
  if (!profile.captures.empty()) json["captures"] = profile.captures;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace stravinsky
