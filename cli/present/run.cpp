#include "present/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "present/fall_back.hpp"
#include "present/in_place_parts.hpp"
#include "present/json.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

Json snapshots_json(const std::vector<Snapshot>& snapshots) {
  Json list = Json::array();
  for (const Snapshot& one : snapshots) list.push_back(to_json(one));
  return list;
}

std::string rolled_back_line(const RunReport& report, const InPlaceReport& one) {
  const Snapshot& to = one.plan.snapshot;
  if (std::find(report.taken_away.begin(), report.taken_away.end(), to.profile) !=
      report.taken_away.end()) {
    return fmt::format("rolled back: what came to be of {} is taken away, {} removed", to.profile,
                       counted(one.plan.deleted, "file"));
  }
  return fmt::format("rolled back: {} is {} again, {} restored, {} removed", to.profile,
                     shown(to.name), counted(one.plan.restored, "file"), one.plan.deleted);
}

}  // namespace

void show_run(const View& view, const RunReport& report, Exit exit) {
  if (view.json) {
    Json json = summary(view, exit);
    json["command_status"] = report.status;
    json["failed_checks"] = report.failures;
    json["before"] = snapshots_json(report.before);
    json["after"] = snapshots_json(report.after);
    json["unchanged"] = report.unchanged;
    json["rolled_back"] = !report.rolled_back.empty();
    json["rollback_failure"] =
        report.rollback_failure.empty() ? Json() : Json(report.rollback_failure);
    json["fall_back"] = report.fall_back ? fall_back_json(*report.fall_back) : Json();
    json["bytes_added"] = report.bytes_added;
    json["profiles"] = Json::array();
    json["left"] = report.left;
    for (const InPlaceReport& one : report.rolled_back) {
      json["profiles"].push_back(in_place_json(one));
      for (const std::string& line : open_ends(view, one)) json["left"].push_back(line);
    }
    return print(view, json);
  }
  if (view.quiet) return;
  for (const Snapshot& one : report.before) {
    say(fmt::format("before: {}/{}", one.profile, shown(one.name)));
  }
  if (report.status != 0) say(fmt::format("the command ended with status {}", report.status));
  for (const std::string& failure : report.failures) say(shown(failure));
  for (const InPlaceReport& one : report.rolled_back) {
    for (const std::string& line : open_ends(view, one)) say(line);
    say(view.good(rolled_back_line(report, one)));
    if (one.backup_created) {
      say(kept_line("the command left", one));
    }
  }
  for (const std::string& line : report.left) say(view.bad(shown(line)));
  if (!report.rollback_failure.empty()) {
    say(view.bad("the rollback failed: ") + shown(report.rollback_failure));
    for (const Snapshot& one : report.before) {
      say(fmt::format(
          "what was live is in {}/{}; repair the cause, then: stravinsky -P {} rollback to {}",
          one.profile, shown(one.name), one.profile, shell_word(one.name)));
    }
  }
  if (report.fall_back) {
    for (const std::string& line : fall_back_lines(view, *report.fall_back)) say(line);
  }
  if (report.unchanged) say("nothing that is captured changed");
  for (const Snapshot& one : report.after) {
    say(fmt::format("after: {}/{}", one.profile, shown(one.name)));
  }
}

}  // namespace stravinsky::cli
