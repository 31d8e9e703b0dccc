#include "present/validation.hpp"

#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

std::string mark(const View& view, hooks::Outcome outcome) {
  switch (outcome) {
    case hooks::Outcome::Passed:
      return view.good("ok  ");
    case hooks::Outcome::Warned:
      return view.strong("warn");
    case hooks::Outcome::Failed:
      return view.bad("FAIL");
  }
  return {};
}

/// The finding with its live path, which an editor can open.
std::string line_of(const hooks::ReportedFinding& one) {
  hooks::Finding finding = one.finding;
  if (!one.live_path.empty()) finding.file = one.live_path;
  return text_of(finding);
}

}  // namespace

void print_checks(const View& view, const hooks::ValidationReport& report) {
  for (const hooks::CheckOutcome& check : report.checks) {
    if (view.quiet && check.outcome == hooks::Outcome::Passed) continue;
    view.out.print("{}  {}{}{}\n", mark(view, check.outcome), check.name,
                   check.text.empty() ? "" : ": ", shown_text(check.text));
    for (const hooks::ReportedFinding& one : report.findings) {
      if (one.finding.check != check.name) continue;
      view.out.print(
          "      {}{}\n", line_of(one),
          one.finding.severity == hooks::Severity::Warning ? view.faint(" (warning)") : "");
    }
  }
}

void add_validation(Json& json, const View& view, const hooks::ValidationReport& report) {
  json["success"] = report.success;
  json["failed_checks"] = report.failed_checks;
  json["warnings"] = view.warnings;
  for (const std::string& warning : report.warnings) json["warnings"].push_back(warning);
  json["disk_space_mb"] = report.disk_space_mb;
  json["file_count"] = report.file_count;
  json["checks"] = Json::array();
  for (const hooks::CheckOutcome& check : report.checks) {
    json["checks"].push_back(
        {{"check", check.name}, {"outcome", name_of(check.outcome)}, {"text", check.text}});
  }
  json["findings"] = Json::array();
  for (const hooks::ReportedFinding& one : report.findings) {
    Json finding = {{"check", one.finding.check}, {"profile", one.profile}};
    add_path(finding, "file", one.finding.file);
    add_path(finding, "live_path", one.live_path);
    finding["line"] = one.finding.line;
    finding["column"] = one.finding.column;
    finding["reason"] = one.finding.reason;
    finding["severity"] = name_of(one.finding.severity);
    json["findings"].push_back(std::move(finding));
  }
}

void show_validation(const View& view, const std::vector<Profile>& profiles,
                     const hooks::ValidationReport& report) {
  if (view.json) {
    Json json = document(view);
    add_validation(json, view, report);
    return print(view, json);
  }
  print_checks(view, report);
  if (view.quiet) return;
  std::string names;
  for (const Profile& profile : profiles) names += (names.empty() ? "" : " and ") + profile.name;
  view.out.print("{} of {}: {}\n", counted(report.file_count, "file"), names,
                 report.success ? view.good("valid") : view.bad("checks failed"));
}

}  // namespace stravinsky::cli
