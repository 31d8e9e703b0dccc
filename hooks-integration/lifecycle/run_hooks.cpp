#include "lifecycle/run_hooks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "stravinsky/diff.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kHook = "STRAVINSKY_HOOK=";

bool is_inside_hook(const std::vector<std::string>& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](const std::string& one) { return one.starts_with(kHook); });
}

/// The caller's variables, and over them ours.
std::vector<std::string> environment_of(const Profile& profile, const std::string& moment,
                                        const HookContext& context) {
  Variables ours = {{"HOOK", moment},
                    {"OPERATION", context.operation},
                    {"PROFILE", profile.name},
                    {"STORE", context.store},
                    {"ROOT", profile.roots.empty() ? std::string() : profile.roots.front().path}};
  ours.insert(ours.end(), context.facts.begin(), context.facts.end());
  return with_variables(context.environment, ours);
}

HookOutcome run_one(const Profile& profile, const LifecycleHook& hook, const HookContext& context,
                    std::string_view input = {}) {
  ProcessOptions options;
  options.words = hook.words.empty() ? std::vector<std::string>{"/bin/sh", "-c", hook.command, "sh"}
                                     : hook.words;
  options.environment = environment_of(profile, hook.moment, context);
  options.directory = start_directory(profile);
  options.input = input;
  options.timeout = std::chrono::seconds(hook.timeout_seconds);
  options.on_group = context.on_group;
  options.cancelled = context.cancelled;
  HookOutcome outcome;
  outcome.profile = profile.name;
  outcome.moment = hook.moment;
  outcome.what = hook.words.empty() ? hook.command : fmt::format("{}", fmt::join(hook.words, " "));
  outcome.is_essential = hook.is_essential;
  outcome.result = run_process(options);
  return outcome;
}

bool concerns(const ReloadAction& action, const std::string& path) {
  if (action.paths.empty()) return true;
  return std::any_of(action.paths.begin(), action.paths.end(),
                     [&](const std::string& glob) { return matches_glob(glob, path); });
}

}  // namespace

std::string start_directory(const Profile& profile) {
  for (const ProfileRoot& root : profile.roots) {
    std::error_code failed;
    if (std::filesystem::is_directory(root.path, failed)) return root.path;
  }
  return "/";
}

std::string HookOutcome::text() const {
  if (moment == "reload") {
    return fmt::format("reload action {} of {}: {}", quoted(what), profile, result.how_it_ended());
  }
  return fmt::format("hook {} {} of {}: {}", moment, quoted(what), profile, result.how_it_ended());
}

std::vector<HookOutcome> run_hooks(const std::vector<Profile>& profiles, std::string_view when,
                                   const HookContext& context) {
  std::vector<HookOutcome> outcomes;
  if (is_inside_hook(context.environment)) return outcomes;
  const std::string moment = fmt::format("{}-{}", when, context.operation);
  for (const Profile& profile : profiles) {
    for (const LifecycleHook& hook : profile.hooks) {
      if (hook.moment != moment) continue;
      outcomes.push_back(run_one(profile, hook, context));
      const HookOutcome& last = outcomes.back();
      if (when == "before" && last.is_essential && !last.succeeded()) return outcomes;
    }
  }
  return outcomes;
}

std::vector<HookOutcome> run_reload_actions(const Profile& profile,
                                            const std::vector<std::string>& changed, Reload which,
                                            const HookContext& context) {
  std::vector<HookOutcome> outcomes;
  if (which == Reload::None || is_inside_hook(context.environment)) return outcomes;
  for (const ReloadAction& action : profile.reload) {
    std::string input;
    std::size_t count = 0;
    for (const std::string& path : changed) {
      if (!concerns(action, path)) continue;
      input += live_path(profile, path).value_or(path);
      input += '\0';
      ++count;
    }
    if (count == 0 && which == Reload::Affected) continue;
    HookContext told = context;
    told.facts.emplace_back("CHANGED", fmt::format("{}", count));
    outcomes.push_back(run_one(profile, action.hook, told, input));
  }
  return outcomes;
}

const HookOutcome* find_essential_failure(const std::vector<HookOutcome>& outcomes) {
  const auto found = std::find_if(outcomes.begin(), outcomes.end(), [](const HookOutcome& one) {
    return one.is_essential && !one.succeeded();
  });
  return found == outcomes.end() ? nullptr : &*found;
}

}  // namespace stravinsky::hooks
