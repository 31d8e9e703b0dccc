#include "validators/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

/// The name without quotes, with control bytes and stray bytes visible.
std::string visible(std::string_view name) {
  std::string text = quoted(name);
  return text.size() < 2 ? text : text.substr(1, text.size() - 2);
}

}  // namespace

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::NotChecked:
      return "not_checked";
  }
  return "error";
}

std::string text_of(const Finding& finding) {
  std::string place = visible(finding.file);
  if (finding.line > 0) place += fmt::format(":{}", finding.line);
  if (finding.line > 0 && finding.column > 0) place += fmt::format(":{}", finding.column);
  return place.empty() ? finding.reason : fmt::format("{}: {}", place, finding.reason);
}

void Findings::add(Severity severity, JsonPosition at, std::string reason) {
  if (list_.size() == kMostFindings) {
    list_.push_back({{}, file_, 0, 0, "further findings are not listed", severity});
  }
  if (list_.size() > kMostFindings) {
    if (severity == Severity::Error) list_.back().severity = severity;
    return;
  }
  list_.push_back({{}, file_, at.line, at.column, std::move(reason), severity});
}

void Findings::news(JsonPosition at, std::string reason) {
  add(Severity::Error, at, std::move(reason));
  list_.back().is_news = true;
}

void Findings::not_checked(std::string reason) {
  add(Severity::NotChecked, {0, 0}, "not checked: " + std::move(reason));
}

bool Findings::has_errors() const {
  return std::any_of(list_.begin(), list_.end(),
                     [](const Finding& one) { return one.severity == Severity::Error; });
}

std::vector<Finding> Findings::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(list_);
}

}  // namespace stravinsky::hooks
