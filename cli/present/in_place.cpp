#include "present/in_place.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "present/in_place_parts.hpp"
#include "present/json.hpp"
#include "present/words.hpp"
#include "stravinsky/past_operations.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky::cli {
namespace {

using Action = PlanItem::Action;

/// The top has no name of its own; directories are told by a slash.
std::string shown_item(const PlanItem& item) {
  if (item.path.empty()) return ".";
  return shown(item.path) + (item.type == EntryType::Directory ? "/" : "");
}

std::string shown_issue(const RestoreIssue& issue) {
  return issue.path.empty() ? "." : shown(issue.path);
}

std::string_view name_of(Action action) {
  switch (action) {
    case Action::Unchanged:
      return "unchanged";
    case Action::Modify:
      return "modify";
    case Action::Create:
      return "create";
    case Action::Delete:
      return "delete";
    case Action::Skip:
      return "skip";
  }
  return "";
}

Json item_json(const Snapshot& snapshot, const PlanItem& item) {
  Json json = {{"type", "item"}, {"schema", 1}, {"profile", snapshot.profile}};
  add_path(json, "path", item.path.empty() ? "." : item.path);
  json["action"] = name_of(item.action);
  json["entry"] = type_name(item.type);
  if (!item.reason.empty()) json["reason"] = item.reason;
  return json;
}

Json issue_json(const Snapshot& snapshot, const RestoreIssue& issue) {
  Json json = {
      {"type", issue.content ? "error" : "warning"}, {"schema", 1}, {"profile", snapshot.profile}};
  add_path(json, "path", issue.path.empty() ? "." : issue.path);
  json["reason"] = issue.reason;
  json["damaged"] = issue.damaged;
  return json;
}

Json version_or_null(const std::optional<Snapshot>& snapshot) {
  return snapshot ? Json(snapshot->version) : Json();
}

struct Totals {
  std::uint64_t restored = 0, unchanged = 0, deleted = 0, skipped = 0;
  void add(const RestorePlan& plan) {
    restored += plan.restored;
    unchanged += plan.unchanged;
    deleted += plan.deleted;
    skipped += plan.skipped;
  }
};

void add_totals(Json& json, const View& view, const Totals& totals) {
  json["restored"] = totals.restored;
  json["unchanged"] = totals.unchanged;
  json["deleted"] = totals.deleted;
  json["skipped"] = totals.skipped;
  json["failed"] = 0;
  json["duration_seconds"] = std::chrono::duration<double>(SystemClock().now() - view.now).count();
}

void add_past(Json& json, const PastEvent* past) {
  if (past == nullptr) return;
  json[past->is_undone ? "undoes" : "redoes"] = {{"sequence", past->operation.sequence},
                                                 {"event_type", past->operation.event_type},
                                                 {"time", rfc3339(past->operation.time)}};
}

void show_plan(const View& view, const RestorePlan& plan) {
  view.out.print("DRY RUN: Snapshot {}\n", shown(plan.snapshot.name));
  for (const PlanItem& item : plan.items) {
    switch (item.action) {
      case Action::Unchanged:
        if (!view.quiet) view.out.print("Unchanged: {}\n", shown_item(item));
        break;
      case Action::Modify:
        view.out.print("{} Would restore (modified): {}\n", view.good("✓"), shown_item(item));
        break;
      case Action::Create:
        view.out.print("{} Would restore (new): {}\n", view.good("✓"), shown_item(item));
        break;
      case Action::Delete:
        view.out.print("{} Would delete: {}\n", view.bad("✗"), shown_item(item));
        break;
      case Action::Skip:
        view.out.print("{} Would skip: {}: {}\n", view.bad("!"), shown_item(item),
                       shown(item.reason));
        break;
    }
  }
  for (const RestoreIssue& issue : plan.issues) {
    if (issue.content) continue;  // it is among the skipped
    view.out.print("{} Cannot set: {}: {}\n", view.bad("!"), shown_issue(issue),
                   shown(issue.reason));
  }
  for (const Loss& loss : plan.losses) {
    view.out.print("{} Would leave alone: {}: not read: {}\n", view.bad("!"), shown(loss.path),
                   shown(loss.reason));
  }
  for (const RestoreIssue& issue : plan.blockers) {
    view.out.print("{} Cannot replace: {}: {}\n", view.bad("!"), shown_issue(issue),
                   shown(issue.reason));
  }
  for (const std::string& root : plan.whole_roots) {
    view.out.print("In one step, as a whole directory: {}\n", shown(root));
  }
  view.out.print("{} to restore, {} unchanged, {} to delete, {} to skip\n",
                 counted(plan.restored, "file"), plan.unchanged, plan.deleted, plan.skipped);
}

void show_report(const View& view, const InPlaceReport& report) {
  for (const std::string& line : open_ends(view, report)) view.out.print("{}\n", line);
  view.out.print("{} {}\n", view.good("Restored"), counted(report.plan.restored, "file"));
  if (report.backup_created) {
    view.out.print("Auto-backup created: {}\n", shown(report.before->name));
  } else if (report.before && !view.quiet) {
    view.out.print("No auto-backup needed: {} holds what was live\n", shown(report.before->name));
  }
  if (view.quiet) return;
  for (const PlanItem& item : report.plan.items) {
    if (item.action == Action::Delete) view.out.print("Deleted: {}\n", shown_item(item));
  }
  if (report.after && report.after->commit != report.plan.snapshot.commit &&
      report.plan.changes_anything) {
    view.out.print("The live files are now: {}\n", shown(report.after->name));
  }
  view.out.print("{} unchanged, {} deleted, {} skipped\n", report.plan.unchanged,
                 report.plan.deleted, report.plan.skipped);
}

}  // namespace

std::string kept_line(const std::string& what, const InPlaceReport& report) {
  return fmt::format("what {} is in {}/{}", what, report.before->profile,
                     shown(report.before->name));
}

std::vector<std::string> open_ends(const View& view, const InPlaceReport& report) {
  std::vector<std::string> lines;
  for (const RestoreIssue& issue : report.issues) {
    lines.push_back(fmt::format(
        "{}: {}: {}", issue.content ? view.bad("Not restored") : std::string("Incomplete"),
        shown_issue(issue), shown(issue.reason)));
  }
  for (const RestoreIssue& issue : report.in_use) {
    lines.push_back(fmt::format("{}: {}: {}", view.bad(issue.content ? "In use" : "Not cleared"),
                                shown_issue(issue), shown(issue.reason)));
  }
  return lines;
}

Json in_place_json(const InPlaceReport& report) {
  const Snapshot& snapshot = report.plan.snapshot;
  Json item = {{"profile", snapshot.profile},
               {"from_version", version_or_null(report.before)},
               {"to_version", snapshot.version},
               {"backup_created", report.backup_created ? Json(report.before->name) : Json()},
               {"snapshot", to_json(snapshot)}};
  item["before"] = report.before ? to_json(*report.before) : Json();
  item["after"] = report.after ? to_json(*report.after) : Json();
  return item;
}

std::string described(const PastEvent& past) {
  const PastOperation& operation = past.operation;
  return fmt::format("event {} ({} of {})", operation.sequence, operation.event_type,
                     shown_time(operation.time));
}

void show_plans(const View& view, const std::vector<RestorePlan>& plans, const std::string& proceed,
                Exit exit, const PastEvent* past) {
  if (!view.json) {
    for (const RestorePlan& plan : plans) show_plan(view, plan);
    view.out.print("To proceed: {}\n", proceed);
    return;
  }
  Totals totals;
  Json profiles = Json::array();
  for (const RestorePlan& plan : plans) {
    for (const PlanItem& item : plan.items) print(view, item_json(plan.snapshot, item));
    for (const RestoreIssue& issue : plan.issues) print(view, issue_json(plan.snapshot, issue));
    for (const RestoreIssue& issue : plan.blockers) print(view, issue_json(plan.snapshot, issue));
    for (const Loss& loss : plan.losses) {
      print(view, issue_json(plan.snapshot, {loss.path, "not read: " + loss.reason, false, false}));
    }
    totals.add(plan);
    profiles.push_back({{"profile", plan.snapshot.profile},
                        {"from_version", nullptr},
                        {"to_version", plan.snapshot.version},
                        {"backup_created", nullptr},
                        {"snapshot", to_json(plan.snapshot)}});
  }
  Json json = summary(view, exit);
  json["profiles"] = std::move(profiles);
  json["dry_run"] = true;
  json["from_version"] = nullptr;
  json["to_version"] = plans.empty() ? Json() : Json(plans.front().snapshot.version);
  json["backup_created"] = nullptr;
  add_totals(json, view, totals);
  json["proceed"] = proceed;
  add_past(json, past);
  print(view, json);
}

namespace {

void show_in_place_json(const View& view, const std::vector<InPlaceReport>& reports, Exit exit,
                        const PastEvent* past) {
  Totals totals;
  Json profiles = Json::array();
  for (const InPlaceReport& report : reports) {
    const Snapshot& snapshot = report.plan.snapshot;
    for (const PlanItem& item : report.plan.items) print(view, item_json(snapshot, item));
    for (const RestoreIssue& issue : report.issues) print(view, issue_json(snapshot, issue));
    for (const RestoreIssue& issue : report.in_use) print(view, issue_json(snapshot, issue));
    totals.add(report.plan);
    profiles.push_back(in_place_json(report));
  }
  const InPlaceReport& first = reports.front();
  Json json = summary(view, exit);
  json["profiles"] = std::move(profiles);
  json["dry_run"] = false;
  json["from_version"] = version_or_null(first.before);
  json["to_version"] = first.plan.snapshot.version;
  json["backup_created"] = first.backup_created ? Json(first.before->name) : Json();
  add_totals(json, view, totals);
  add_past(json, past);
  print(view, json);
}

}  // namespace

void show_in_place(const View& view, const std::vector<InPlaceReport>& reports, Exit exit) {
  if (view.json) return show_in_place_json(view, reports, exit, nullptr);
  for (const InPlaceReport& report : reports) show_report(view, report);
}

void show_rollback(const View& view, const std::vector<InPlaceReport>& reports,
                   const PastEvent* past, Exit exit) {
  if (view.json) return show_in_place_json(view, reports, exit, past);
  const bool is_whole =
      std::all_of(reports.begin(), reports.end(),
                  [](const InPlaceReport& report) { return report.issues.empty(); });
  view.out.print("{}\n",
                 is_whole ? view.good("Rollback successful!") : view.bad("Rollback incomplete"));
  if (past != nullptr) {
    view.out.print("{}: {}\n", past->is_undone ? "Undid" : "Redid", described(*past));
  }
  for (const InPlaceReport& report : reports) {
    const Snapshot& to = report.plan.snapshot;
    const std::string from = report.before ? shown(report.before->version) : "nothing";
    view.out.print("{}: from {} to {} ({})\n", to.profile, from, shown(to.version), shown(to.name));
    show_report(view, report);
  }
  if (view.quiet) return;
  view.out.print("{:.1f} s\n",
                 std::chrono::duration<double>(SystemClock().now() - view.now).count());
}

void show_operations(const View& view, const std::vector<OperationInfo>& operations,
                     const std::vector<UnsettledUpdate>& updates) {
  if (view.json) {
    Json json = document(view);
    json["operations"] = Json::array();
    for (const OperationInfo& one : operations) {
      Json item = {{"operation", one.id},
                   {"event_type", one.event_type},
                   {"started", rfc3339(one.started)},
                   {"profiles", one.profiles},
                   {"targets", one.targets},
                   {"entries", one.entries},
                   {"switched", one.switched},
                   {"running", one.is_running},
                   {"published", one.is_published}};
      item["left"] = Json::array();
      for (const RestoreIssue& left : one.left) {
        Json place;
        add_path(place, "path", left.path);
        place["reason"] = left.reason;
        item["left"].push_back(std::move(place));
      }
      item["damage"] = one.damage.empty() ? Json() : Json(one.damage);
      json["operations"].push_back(std::move(item));
    }
    json["updates"] = Json::array();
    for (const UnsettledUpdate& one : updates) {
      json["updates"].push_back({{"update", one.id},
                                 {"profile", one.profile},
                                 {"from_version", one.from_version},
                                 {"to_version", one.to_version},
                                 {"before", one.before},
                                 {"switched", one.is_switched},
                                 {"running", one.is_running}});
    }
    return print(view, json);
  }
  if (operations.empty() && updates.empty() && !view.quiet) {
    view.out.print("No operations pending\n");
  }
  for (const UnsettledUpdate& one : updates) {
    const bool is_switching =
        std::any_of(operations.begin(), operations.end(), [&](const OperationInfo& operation) {
          return !operation.is_published &&
                 std::count(operation.profiles.begin(), operation.profiles.end(), one.profile) != 0;
        });
    view.out.print("{}: update of {} from {} to {}: {}\n", one.id, one.profile,
                   shown(one.from_version), shown(one.to_version),
                   one.is_running    ? "running"
                   : is_switching    ? "interrupted while its files were switched"
                   : one.is_switched ? "interrupted, live and not verified"
                                     : "interrupted, nothing live was changed");
    if (one.is_running) continue;
    view.out.print(
        "  stravinsky operations revert, or, to keep it, stravinsky operations finish\n");
  }
  for (const OperationInfo& one : operations) {
    if (!one.damage.empty()) {
      view.out.print("{}: {}\n", one.id, view.bad(shown(one.damage)));
      continue;
    }
    const std::string state =
        one.is_running                         ? "running"
        : one.is_published && one.left.empty() ? "done; what it replaced is not cleared up"
        : one.is_published                     ? "done; replaced files that are written to are kept"
                           : fmt::format("interrupted, {} of {} switched", one.switched,
                                         counted(one.entries, "entry"));
    view.out.print("{}: {} of {}, {}: {}\n", one.id, one.event_type, fmt::join(one.targets, ", "),
                   shown_time(one.started), state);
    for (const RestoreIssue& left : one.left) {
      view.out.print("  {}: {}\n", shown(left.path), shown(left.reason));
    }
    if (one.is_running) continue;
    if (!one.is_published) {
      view.out.print("  stravinsky operations finish, or stravinsky operations revert\n");
    } else if (one.left.empty()) {
      view.out.print("  stravinsky operations finish\n");
    }
  }
}

}  // namespace stravinsky::cli
