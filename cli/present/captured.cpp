#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "present/json.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::uint64_t files_of(const CreateReport& report) {
  return report.files_new + report.files_changed + report.files_unmodified;
}

void show_json(const View& view, const std::vector<Captured>& captured, Exit exit) {
  CreateReport total;
  bool unchanged = true;
  Json snapshots = Json::array();
  for (const Captured& one : captured) {
    const CreateReport& report = one.report;
    for (const Loss& loss : report.losses) {
      Json line = {{"type", "warning"}, {"schema", 1}, {"profile", one.profile}};
      line.update(to_json(loss));
      print(view, line);
    }
    for (const std::string& path : report.left_out) {
      Json line = {{"type", "item"}, {"schema", 1}, {"profile", one.profile}, {"left_out", path}};
      print(view, line);
    }
    if (report.snapshot) snapshots.push_back(to_json(*report.snapshot));
    unchanged = unchanged && report.unchanged;
    total.files_new += report.files_new;
    total.files_changed += report.files_changed;
    total.files_unmodified += report.files_unmodified;
    total.directories += report.directories;
    total.bytes_read += report.bytes_read;
    total.bytes_added += report.bytes_added;
    total.duration += report.duration;
  }
  Json json = summary(view, exit);
  json["dry_run"] = captured.front().dry_run;
  if (!captured.front().would_run.empty()) json["would_run"] = captured.front().would_run;
  json["snapshot"] = snapshots.empty() ? Json() : snapshots.front();
  json["snapshots"] = std::move(snapshots);
  json["unchanged"] = unchanged;
  json["files_new"] = total.files_new;
  json["files_changed"] = total.files_changed;
  json["files_unmodified"] = total.files_unmodified;
  json["dirs"] = total.directories;
  json["bytes_read"] = total.bytes_read;
  json["bytes_added"] = total.bytes_added;
  json["duration_seconds"] = seconds_of(total.duration);
  print(view, json);
}

void show_headline(const View& view, const Captured& one) {
  const CreateReport& report = one.report;
  if (one.dry_run) {
    view.out.print("DRY RUN: nothing is stored; profile {}\n", one.profile);
  } else if (report.snapshot) {
    view.out.print("{} {}\n", view.good("Snapshot created:"), shown(report.snapshot->name));
  } else if (report.current) {
    view.out.print("Snapshot skipped: nothing changed since {}\n", shown(report.current->name));
  } else {
    view.out.line("Snapshot skipped: nothing changed");
  }
}

void show_text(const View& view, const Captured& one) {
  const CreateReport& report = one.report;
  show_headline(view, one);
  if (view.quiet) return;
  if (!one.description.empty()) view.out.print("Description: {}\n", shown_text(one.description));
  if (!one.category.empty()) view.out.print("Category: {}\n", shown(one.category));
  if (report.snapshot) {
    if (report.snapshot->version != report.snapshot->name) {
      view.out.print("Version: {}\n", shown(report.snapshot->version));
    }
    view.out.print("Location: {} {}\n", shown(one.location), report.snapshot->ref);
  }
  if (!one.would_run.empty()) return view.out.print("Would run: {}\n", shown(one.would_run));
  for (const std::string& root : one.roots) view.out.print("Root: {}\n", shown(root));
  view.out.print("Files backed up: {} ({} new, {} changed, {} unmodified)\n", files_of(report),
                 report.files_new, report.files_changed, report.files_unmodified);
  view.out.print("Bytes added: {} (content: {}; {:.1f} s)\n", human_size(report.bytes_added),
                 human_size(report.bytes), seconds_of(report.duration));
  if (report.unchanged && report.snapshot && report.current) {
    view.out.print("Unchanged since {}\n", shown(report.current->name));
  }
  for (const std::string& path : report.left_out) {
    view.out.print("Left out: {}\n", shown(path));
  }
}

}  // namespace

void show_captured(const View& view, const std::vector<Captured>& captured, Exit exit) {
  if (view.json) return show_json(view, captured, exit);
  for (std::size_t i = 0; i < captured.size(); ++i) {
    if (i > 0 && !view.quiet) view.out.line("");
    show_text(view, captured[i]);
  }
}

}  // namespace stravinsky::cli
