#include "reports.hpp"

#include <fmt/format.h>

#include "present/json.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

/// As a line, be it one for the shell or a program with its arguments.
std::string command_of(const HealthCheck& check) {
  return check.words.empty() ? check.command : command_line(check.words);
}

Json profile_json(const KnownProfile& known) {
  const Profile& profile = known.profile;
  Json json = {{"name", profile.name},
               {"origin", known.origin},
               {"snapshots", known.snapshots},
               {"active", known.active}};
  json["roots"] = Json::array();
  for (const ProfileRoot& root : profile.roots) {
    Json item;
    add_path(item, "path", root.path);
    item["mount"] = root.mount;
    item["include"] = root.include;
    item["switch"] = root.switch_directory ? "directory" : "entry";
    json["roots"].push_back(std::move(item));
  }
  json["exclude"] = profile.exclude;
  json["switch_last"] = profile.switch_last;
  json["checks"] = Json::array();
  for (const HealthCheck& check : profile.checks) {
    json["checks"].push_back({{"command", command_of(check)},
                              {"timeout", check.timeout_seconds},
                              {"delay", check.delay_seconds},
                              {"tries", check.tries}});
  }
  return json;
}

}  // namespace

void show_verified(const View& view, const VerifyReport& report, Exit exit) {
  if (view.json) {
    Json problems = Json::array();
    for (const VerifyProblem& problem : report.problems) {
      Json item = {{"snapshot", problem.snapshot}};
      add_path(item, "path", problem.path);
      item["kind"] = problem.kind;
      item["detail"] = problem.detail;
      problems.push_back(std::move(item));
    }
    Json json = summary(view, exit);
    json["ok"] = report.ok;
    json["snapshots_checked"] = report.snapshots_checked;
    json["objects_checked"] = report.objects_checked;
    json["bytes_read"] = report.bytes_read;
    json["problems"] = std::move(problems);
    return print(view, json);
  }
  for (const VerifyProblem& problem : report.problems) {
    std::string where = shown(problem.snapshot);
    if (!problem.path.empty()) where += (where.empty() ? "" : ":") + shown(problem.path);
    view.out.print("{} {}{}{}: {}\n", view.bad("problem:"), where, where.empty() ? "" : ": ",
                   shown(problem.kind), shown(problem.detail));
  }
  if (view.quiet && report.ok) return;
  view.out.print("{}: {} and {} checked, {} of content read\n",
                 report.ok ? view.good("No problems found")
                           : view.bad(counted(report.problems.size(), "problem") + " found"),
                 counted(report.snapshots_checked, "snapshot"),
                 counted(report.objects_checked, "object"), human_size(report.bytes_read));
}

void show_dumped(const View& view, const std::vector<Snapshot>& snapshots, const std::string& file,
                 const std::vector<std::string>& left_out, Exit exit) {
  if (file.empty()) return;  // the archive itself went to standard output
  if (view.json) {
    Json json = summary(view, exit);
    json["snapshot"] = to_json(snapshots.front());
    json["snapshots"] = Json::array();
    for (const Snapshot& snapshot : snapshots) json["snapshots"].push_back(to_json(snapshot));
    add_path(json, "file", file);
    json["left_out"] = Json::array();
    for (const std::string& line : left_out) json["left_out"].push_back({{"reason", line}});
    return print(view, json);
  }
  if (!view.quiet) view.out.print("Written: {}\n", shown(file));
}

void show_profiles(const View& view, const std::vector<KnownProfile>& profiles) {
  if (view.json) {
    Json json = document(view);
    json["profiles"] = Json::array();
    for (const KnownProfile& known : profiles) json["profiles"].push_back(profile_json(known));
    return print(view, json);
  }
  for (const KnownProfile& known : profiles) {
    view.out.print("{} {}  {}, {}\n", known.active ? "*" : " ", view.strong(known.profile.name),
                   known.origin, counted(known.snapshots, "snapshot"));
    for (const ProfileRoot& root : known.profile.roots) {
      view.out.print("    {}\n", shown(root.path));
    }
  }
}

void show_profile(const View& view, const KnownProfile& known) {
  if (view.json) {
    Json json = document(view);
    json["profile"] = profile_json(known);
    return print(view, json);
  }
  const Profile& profile = known.profile;
  view.out.print("{}  {}, {}\n", view.strong(profile.name), known.origin,
                 counted(known.snapshots, "snapshot"));
  for (const ProfileRoot& root : profile.roots) {
    view.out.print("Root: {}{}{}\n", shown(root.path),
                   root.mount.empty() ? "" : " as " + shown(root.mount),
                   root.switch_directory ? " (exchanged as a whole)" : "");
    for (const std::string& glob : root.include) view.out.print("  Include: {}\n", shown(glob));
  }
  for (const std::string& glob : profile.exclude) view.out.print("Exclude: {}\n", shown(glob));
  for (const std::string& glob : profile.switch_last) view.out.print("Last: {}\n", shown(glob));
  for (const HealthCheck& check : profile.checks) {
    view.out.print(
        "Check: {} ({} s, {}{})\n", shown(command_of(check)), check.timeout_seconds,
        check.tries == 1 ? "1 try" : fmt::format("{} tries", check.tries),
        check.delay_seconds == 0 ? "" : fmt::format(", each after {} s", check.delay_seconds));
  }
}

void show_settings(const View& view, const std::vector<ConfigValue>& values, bool origin) {
  if (view.json) {
    Json json = document(view);
    json["settings"] = Json::array();
    for (const ConfigValue& value : values) {
      json["settings"].push_back({{"key", value.key},
                                  {"value", Json::parse(value.value, nullptr, false)},
                                  {"origin", value.origin}});
    }
    return print(view, json);
  }
  for (const ConfigValue& value : values) {
    view.out.print("{}={}{}\n", value.key, value.value,
                   origin ? view.faint(fmt::format("  ({})", value.origin)) : "");
  }
}

void show_done(const View& view, std::string_view message,
               const std::vector<std::pair<std::string, std::string>>& members) {
  if (view.json) {
    Json json = document(view);
    json["message"] = message;
    for (const auto& [key, value] : members) json[key] = value;
    return print(view, json);
  }
  view.out.line(message);
}

void show_failure(const View& view, Exit exit, std::string_view code, std::string_view message,
                  std::string_view remedy) {
  if (view.json) {
    Json json = summary(view, exit);
    json["error"] = {{"code", code}, {"message", message}, {"remedy", remedy}};
    return print(view, json);
  }
  say(fmt::format("error: {}", message));
  if (!remedy.empty()) say(fmt::format("fix: {}", remedy));
}

}  // namespace stravinsky::cli
