#include "present/update.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checking.hpp"
#include "present/fall_back.hpp"
#include "present/in_place_parts.hpp"
#include "present/json.hpp"
#include "present/validation.hpp"
#include "present/words.hpp"
#include "signals.hpp"

namespace stravinsky::cli {
namespace {

constexpr const char* kConflictRemedy =
    "merge the named files by hand and run it again, or take the release as it is: --replace";

using Action = hooks::UpdateItem::Action;
using Outcome = hooks::UpdateReport::Outcome;

std::string_view letter_of(Action action) {
  switch (action) {
    case Action::Add:
      return "A";
    case Action::Change:
      return "M";
    case Action::Remove:
      return "D";
    case Action::Merge:
      return "merged";
    case Action::Keep:
      return "kept";
    case Action::Conflict:
      return "CONFLICT";
    case Action::Ignore:
      return "ignored";
  }
  return "";
}

void print_items(const View& view, const hooks::UpdateReport& report) {
  for (const hooks::UpdateItem& item : report.plan.items) {
    const bool matters = item.action == Action::Conflict || item.action == Action::Ignore;
    if (view.quiet && !matters) continue;
    const std::string line = fmt::format("{:<8}  {}{}{}", letter_of(item.action), shown(item.path),
                                         item.reason.empty() ? "" : ": ", shown(item.reason));
    view.out.print("{}\n", item.action == Action::Conflict ? view.bad(line) : line);
    if (!item.shown.empty()) view.out.print("{}\n", shown_text(item.shown));
  }
}

std::string counts(const hooks::UpdatePlan& plan) {
  return fmt::format("{} added, {} changed, {} merged, {} removed", plan.count(Action::Add),
                     plan.count(Action::Change), plan.count(Action::Merge),
                     plan.count(Action::Remove));
}

std::string from_to(const hooks::UpdateReport& report, const hooks::UpdateRequest& request) {
  const std::string from = report.before ? shown(report.before->version) : "nothing";
  return fmt::format("{}: from {} to {}", request.profile.name, from, shown(request.version));
}

void print_failures(const View& view, const hooks::UpdateReport& report) {
  for (const std::string& failure : report.failures) {
    view.out.print("  {}\n", view.bad(shown(failure)));
  }
}

/// What the checks had to say, where they are not all well.
void print_all_checks(const View& view, const hooks::UpdateReport& report) {
  for (const hooks::ValidationReport* one : {&report.checks, &report.verified}) {
    if (!one->failed_checks.empty() || !one->warnings.empty() || view.verbose > 0) {
      View quiet = view;
      quiet.quiet = view.verbose == 0;
      print_checks(quiet, *one);
    }
  }
}

/// What became of the automatic rollback, and of what followed where it did not do.
void print_rollback(const View& view, const hooks::UpdateReport& report) {
  const AutoRollback& rollback = *report.rollback;
  if (rollback.success) {
    view.out.print("{}\n",
                   view.good(fmt::format("rolled back: live is {} ({}) again",
                                         shown(rollback.rolled_back_to), shown(rollback.version))));
    for (const InPlaceReport& one : rollback.reports) {
      if (one.backup_created) view.out.print("{}\n", kept_line("was live until then", one));
    }
  } else {
    view.out.print("{}\n",
                   view.bad(fmt::format("CRITICAL: the rollback to {} failed too: {}",
                                        shown(rollback.rolled_back_to), shown(rollback.reason))));
  }
  if (!report.fall_back) return;
  for (const std::string& line : fall_back_lines(view, *report.fall_back)) {
    view.out.print("{}\n", line);
  }
}

void print_end(const View& view, const hooks::UpdateReport& report,
               const hooks::UpdateRequest& request) {
  const std::string line = from_to(report, request);
  switch (report.outcome) {
    case Outcome::Planned:
      view.out.print("{}: {}\n", line, counts(report.plan));
      return;
    case Outcome::Unchanged:
      view.out.print("{} is installed already: nothing to do\n", shown(request.version));
      return;
    case Outcome::Conflict:
      view.out.print(
          "{}\n", view.bad(fmt::format("{}: {}, nothing was changed", line,
                                       counted(report.plan.count(Action::Conflict), "conflict"))));
      view.out.flush();
      say(fmt::format("fix: {}", kConflictRemedy));
      return;
    case Outcome::Blocked:
      view.out.print("{}\n", view.bad(fmt::format("{}: refused, nothing was changed", line)));
      print_failures(view, report);
      return;
    case Outcome::Done:
      view.out.print("{}\n", view.good("Update successful!"));
      view.out.print("{}: {}\n", line, counts(report.plan));
      return;
    case Outcome::RolledBack:
      view.out.print("{}\n", view.bad(fmt::format("{}: it failed:", line)));
      print_failures(view, report);
      print_rollback(view, report);
      return;
    case Outcome::RollbackFailed:
      view.out.print("{}\n", view.bad(fmt::format("{}: it failed:", line)));
      print_failures(view, report);
      print_rollback(view, report);
      return;
    case Outcome::KeptFailed:
      view.out.print("{}\n", view.bad(fmt::format("{}: it failed, and stays live:", line)));
      print_failures(view, report);
      return;
  }
}

Json item_json(const hooks::UpdateRequest& request, const hooks::UpdateItem& item) {
  Json json = {{"type", "item"}, {"schema", 1}, {"profile", request.profile.name}};
  add_path(json, "path", item.path);
  json["action"] = name_of(item.action);
  if (!item.reason.empty()) json["reason"] = item.reason;
  if (!item.shown.empty()) json["conflict"] = item.shown;
  return json;
}

std::string_view error_name(Outcome outcome) {
  return outcome == Outcome::Conflict ? "merge_conflict" : name_of(outcome);
}

void add_error(Json& json, const hooks::UpdateReport& report) {
  std::string message = "the update failed";
  if (report.outcome == Outcome::Conflict) message = "the release and your changes collide";
  for (const std::string& failure : report.failures) message += "; " + failure;
  json["error"] = {
      {"code", error_name(report.outcome)},
      {"message", message},
      {"remedy",
       report.outcome == Outcome::Conflict ? kConflictRemedy : "read the reason, then try again"}};
  json["failure"] = name_of(report.failure);
  json["strategy"] = name_of(strategy_of(report.failure));
}

void show_json(const View& view, const hooks::UpdateReport& report,
               const hooks::UpdateRequest& request, Exit exit) {
  for (const hooks::UpdateItem& item : report.plan.items) print(view, item_json(request, item));
  Json json = summary(view, exit);
  const Json from = report.before ? Json(report.before->version) : Json();
  const Json backup = report.backup_created ? Json(report.before->name) : Json();
  json["profiles"] = Json::array({{{"profile", request.profile.name},
                                   {"from_version", from},
                                   {"to_version", request.version},
                                   {"backup_created", backup},
                                   {"before", report.before ? to_json(*report.before) : Json()},
                                   {"after", report.after ? to_json(*report.after) : Json()}}});
  json["dry_run"] = request.dry_run;
  json["outcome"] = name_of(report.outcome);
  json["phase"] = name_of(report.phase);
  json["update"] = report.id.empty() ? Json() : Json(report.id);
  json["from_version"] = from;
  json["to_version"] = request.version;
  json["backup_created"] = backup;
  for (const Action action : {Action::Add, Action::Change, Action::Remove, Action::Merge,
                              Action::Keep, Action::Conflict, Action::Ignore}) {
    json[std::string(name_of(action))] = report.plan.count(action);
  }
  json["base"] = report.base ? Json(report.base->name) : Json();
  Json checks = Json::object();
  add_validation(checks, view, report.checks);
  json["checks"] = std::move(checks);
  Json verified = Json::object();
  add_validation(verified, view, report.verified);
  json["verified"] = std::move(verified);
  json["failures"] = report.failures;
  json["remarks"] = report.remarks;
  json["left"] = Json::array();
  if (report.switched) {
    for (const std::string& line : open_ends(view, *report.switched)) json["left"].push_back(line);
  }
  json["marked_good"] = report.marked_good;
  json["rollback_backup"] = Json();
  if (report.rollback) {
    for (const InPlaceReport& one : report.rollback->reports) {
      if (one.backup_created) json["rollback_backup"] = one.before->name;
    }
  }
  json["rolled_back_to"] =
      report.rollback && report.rollback->success ? Json(report.rollback->rolled_back_to) : Json();
  json["fall_back"] = report.fall_back ? fall_back_json(*report.fall_back) : Json();
  json["bytes_added"] = report.bytes_added;
  json["duration_seconds"] = std::chrono::duration<double>(report.duration).count();
  const bool is_well = report.outcome == Outcome::Done || report.outcome == Outcome::Planned ||
                       report.outcome == Outcome::Unchanged;
  if (!is_well) add_error(json, report);
  print(view, json);
}

}  // namespace

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::Planned:
      return "planned";
    case Outcome::Unchanged:
      return "unchanged";
    case Outcome::Conflict:
      return "conflict";
    case Outcome::Blocked:
      return "blocked";
    case Outcome::Done:
      return "done";
    case Outcome::RolledBack:
      return "rolled_back";
    case Outcome::RollbackFailed:
      return "rollback_failed";
    case Outcome::KeptFailed:
      return "kept";
  }
  return "kept";
}

Exit exit_of(const hooks::UpdateReport& report) noexcept {
  switch (report.outcome) {
    case Outcome::Planned:
    case Outcome::Unchanged:
      return Exit::Done;
    case Outcome::Conflict:
      return Exit::MergeConflict;
    case Outcome::Blocked:
      return exit_of_checks(report.checks);
    case Outcome::Done: {
      const bool partial =
          !report.remarks.empty() || (report.switched && !report.switched->in_use.empty());
      return partial ? Exit::Partial : Exit::Done;
    }
    case Outcome::RolledBack:
      return report.interrupted ? Exit{signals::exit_status()} : Exit::UpdateRolledBack;
    case Outcome::RollbackFailed:
      return Exit::UpdateCritical;
    case Outcome::KeptFailed:
      return Exit::NotVerified;
  }
  return Exit::UpdateCritical;
}

void show_update_phase(const View& view, hooks::UpdatePhase phase) {
  if (view.json) {
    return print(view, {{"type", "progress"}, {"schema", 1}, {"phase", name_of(phase)}});
  }
  if (view.quiet) return;
  view.out.print("{}\n", view.strong(name_of(phase)));
  view.out.flush();
}

void show_decision_tree(const View& view, hooks::FailureKind kind) {
  if (view.json || view.quiet) return;
  view.out.flush();
  const hooks::RecoveryStrategy strategy = strategy_of(kind);
  say(fmt::format("What to do ({}):", name_of(kind)));
  const auto line = [&](hooks::RecoveryStrategy one, std::string_view text) {
    say(fmt::format("{} {}", one == strategy ? "->" : "  ", text));
  };
  line(hooks::RecoveryStrategy::AutoRollback,
       "parse error, schema violation, dependency failure, unknown: rolled back automatically; "
       "repair the release");
  line(hooks::RecoveryStrategy::Manual,
       "permission denied, file in use, disk full: by hand (chmod, end the writer, free space), "
       "then again");
  line(hooks::RecoveryStrategy::Emergency,
       "damaged store, several failures: stravinsky verify --read-data; stravinsky recovery "
       "emergency");
  say("   one file: stravinsky recovery file PATH; a directory: stravinsky recovery directory DIR; "
      "all: stravinsky rollback to REF");
}

void show_update(const View& view, const hooks::UpdateReport& report,
                 const hooks::UpdateRequest& request, const std::string& proceed, Exit exit) {
  if (view.json) return show_json(view, report, request, exit);
  if (request.dry_run) view.out.print("This is a plan: nothing was changed\n");
  print_items(view, report);
  print_all_checks(view, report);
  for (const std::string& remark : report.remarks) say("warning: " + shown(remark));
  print_end(view, report, request);
  if (report.outcome == Outcome::Done && report.switched) {
    for (const std::string& line : open_ends(view, *report.switched)) view.out.print("{}\n", line);
  }
  const bool is_well = report.outcome == Outcome::Done || report.outcome == Outcome::Planned ||
                       report.outcome == Outcome::Unchanged || report.outcome == Outcome::Conflict;
  if (!is_well && !report.interrupted) show_decision_tree(view, report.failure);
  if (view.quiet) return;
  if (report.backup_created && report.outcome != Outcome::Blocked) {
    view.out.print("Auto-backup created: {}\n", shown(report.before->name));
  }
  if (report.outcome == Outcome::Done) {
    view.out.print("{} is {}{}; `stravinsky rollback undo` takes it back\n",
                   shown(report.after->name), shown(request.version),
                   report.marked_good ? ", marked good" : ", not verified");
  }
  if (!proceed.empty() && report.outcome == Outcome::Planned) {
    view.out.print("To proceed: {}\n", proceed);
  }
  if (!request.dry_run && report.outcome != Outcome::Unchanged) {
    view.out.print("{:.1f} s\n", std::chrono::duration<double>(report.duration).count());
  }
}

}  // namespace stravinsky::cli
