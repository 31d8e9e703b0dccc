#include "restore/report_in_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/text.hpp"
#include "restore/stage_operation.hpp"
#include "stravinsky/diff.hpp"

namespace stravinsky {
namespace {

bool is_there(LiveRoots& live, const std::string& path) {
  try {
    return live.find(path).has_value();
  } catch (const Error&) {
    return false;
  }
}

/// Whether the plan made this path what the target has, and nothing was said of it yet.
bool is_switched(const std::vector<PlanItem>& items, const std::string& path,
                 const std::vector<RestoreIssue>& issues) {
  const auto item = std::lower_bound(
      items.begin(), items.end(), path,
      [](const PlanItem& one, const std::string& wanted) { return one.path < wanted; });
  return item != items.end() && item->path == path &&
         (item->action == PlanItem::Action::Modify || item->action == PlanItem::Action::Create) &&
         std::none_of(issues.begin(), issues.end(),
                      [&](const RestoreIssue& issue) { return issue.path == path; });
}

void remark_left_out(Store& store, const std::vector<std::string>& paths) {
  const std::size_t more = paths.size() - 1;
  store.parts().remark(
      fmt::format("restored {}{}, which snapshots leave out now: undo does not remove {}",
                  quoted(paths.front()), more == 0 ? "" : fmt::format(" and {} more", more),
                  more == 0 ? "it" : "them"));
}

void add_differences(Store& store, LiveRoots& live, const RestorePlan& shown,
                     InPlaceReport& report) {
  if (!report.after || report.after->commit == shown.snapshot.commit) return;
  std::vector<std::string> left_out;
  for (const Change& change : diff(store, shown.snapshot, *report.after)) {
    if (!is_switched(shown.items, change.path, report.issues)) continue;
    if (change.code == 'D' && is_there(live, change.path)) {  // and yet not captured
      left_out.push_back(change.path);
      continue;
    }
    report.issues.push_back(
        {change.path, fmt::format("differs after restoring ({})", change.letters()), false, false});
  }
  if (!left_out.empty()) remark_left_out(store, left_out);
}

void sort_issues(std::vector<RestoreIssue>& issues) {
  const auto key = [](const RestoreIssue& issue) { return std::tie(issue.path, issue.reason); };
  std::sort(issues.begin(), issues.end(),
            [&](const RestoreIssue& a, const RestoreIssue& b) { return key(a) < key(b); });
  issues.erase(
      std::unique(issues.begin(), issues.end(),
                  [&](const RestoreIssue& a, const RestoreIssue& b) { return key(a) == key(b); }),
      issues.end());
}

}  // namespace

InPlaceReport report_in_place(Store& store, LiveRoots& live, StagedProfile& staged, RestoreLog& log,
                              std::optional<std::uint64_t> live_files, InPlaceReport report) {
  RestorePlan& shown = staged.plan.shown;
  const std::uint64_t failed = log.report().failed;
  shown.restored -= std::min(shown.restored, failed);
  if (live_files) shown.unchanged = *live_files - std::min(*live_files, staged.plan.live_unlike);
  for (RestoreIssue& issue : staging_issues(staged, log)) {
    report.issues.push_back(std::move(issue));
  }
  add_differences(store, live, shown, report);
  shown.skipped += failed;
  sort_issues(report.issues);
  report.plan = std::move(shown);
  if (!report.after) report.after = report.before;
  return report;
}

}  // namespace stravinsky
