#include <nlohmann/json.hpp>

#include "config/profile_settings.hpp"

namespace stravinsky {
namespace {

nlohmann::ordered_json hook_json(const LifecycleHook& hook) {
  nlohmann::ordered_json item;
  if (hook.words.empty()) {
    item["command"] = hook.command;
  } else {
    item["run"] = hook.words;
  }
  item["essential"] = hook.is_essential;
  item["timeout"] = hook.timeout_seconds;
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
  if (!profile.captures.empty()) json["captures"] = profile.captures;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace stravinsky
