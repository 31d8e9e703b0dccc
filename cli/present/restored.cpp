#include <fmt/format.h>

#include <chrono>

#include "exit_status.hpp"
#include "present/json.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

/// The top has no name of its own.
std::string path_of(const RestoreIssue& issue) { return issue.path.empty() ? "." : issue.path; }

Json issue_json(const Restored& one, const RestoreIssue& issue) {
  Json json = {{"type", issue.content ? "error" : "warning"},
               {"schema", 1},
               {"profile", one.snapshot.profile}};
  add_path(json, "path", path_of(issue));
  json["reason"] = issue.reason;
  json["damaged"] = issue.damaged;
  return json;
}

void show_json(const View& view, const std::vector<Restored>& restored, bool dry_run, Exit exit) {
  RestoreReport total;
  Json profiles = Json::array();
  for (const Restored& one : restored) {
    for (const RestoreIssue& issue : one.report.issues) print(view, issue_json(one, issue));
    total.restored += one.report.restored;
    total.unchanged += one.report.unchanged;
    total.skipped += one.report.skipped;
    total.failed += one.report.failed;
    total.bytes += one.report.bytes;
    total.duration += one.report.duration;
    Json item = {{"profile", one.snapshot.profile},
                 {"from_version", nullptr},
                 {"to_version", one.snapshot.version},
                 {"backup_created", nullptr}};
    add_path(item, "target", one.target);
    item["snapshot"] = to_json(one.snapshot);
    profiles.push_back(std::move(item));
  }
  Json json = summary(view, exit);
  json["profiles"] = std::move(profiles);
  json["dry_run"] = dry_run;
  json["from_version"] = nullptr;  // a new directory replaces nothing
  json["to_version"] = restored.front().snapshot.version;
  json["backup_created"] = nullptr;
  json["restored"] = total.restored;
  json["unchanged"] = total.unchanged;
  json["deleted"] = 0;
  json["skipped"] = total.skipped;
  json["failed"] = total.failed;
  json["bytes"] = total.bytes;
  json["duration_seconds"] = std::chrono::duration<double>(total.duration).count();
  print(view, json);
}

void show_one(const View& view, const Restored& one, bool dry_run) {
  const RestoreReport& report = one.report;
  if (dry_run) {
    view.out.print("DRY RUN: Snapshot {}\n", shown(one.snapshot.name));
  }
  for (const RestoreIssue& issue : report.issues) {
    view.out.print("{}: {}: {}\n",
                   issue.content ? view.bad("Not restored") : std::string("Incomplete"),
                   shown(path_of(issue)), shown(issue.reason));
  }
  view.out.print("{} {} to {}\n", dry_run ? "Would restore" : view.good("Restored"),
                 counted(report.restored, "file"), shown(one.target));
  if (view.quiet) return;
  view.out.print("{}, {} unchanged, {} skipped, {} failed, {:.1f} s\n", human_size(report.bytes),
                 report.unchanged, report.skipped, report.failed,
                 std::chrono::duration<double>(report.duration).count());
}

}  // namespace

void show_restored(const View& view, const std::vector<Restored>& restored, bool dry_run,
                   const std::string& proceed, Exit exit) {
  if (view.json) return show_json(view, restored, dry_run, exit);
  bool damaged = false;
  for (const Restored& one : restored) {
    show_one(view, one, dry_run);
    for (const RestoreIssue& issue : one.report.issues) damaged |= issue.damaged;
  }
  if (damaged) say(fmt::format("fix: {}", kDamageRemedy));
  if (dry_run) view.out.print("To proceed: {}\n", proceed);
}

}  // namespace stravinsky::cli
