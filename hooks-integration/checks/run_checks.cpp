#include "checks/run_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kCommands = "commands_validity";

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

/// What the findings of one of the three syntax checks come to.
CheckResult weigh(std::string_view check, const std::vector<ReportedFinding>& all) {
  CheckResult result;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t unchecked = 0;
  for (const ReportedFinding& one : all) {
    if (one.finding.check != check) continue;
    errors += one.finding.severity == Severity::Error ? 1 : 0;
    warnings += one.finding.severity == Severity::Warning ? 1 : 0;
    unchecked += one.finding.severity == Severity::NotChecked ? 1 : 0;
    result.findings.push_back(one);
  }
  const auto add = [&result](std::size_t number, std::string_view noun, std::string_view rest) {
    if (number == 0) return;
    result.text +=
        fmt::format("{}{}{}", result.text.empty() ? "" : ", ", counted(number, noun), rest);
  };
  add(errors, "error", "");
  add(warnings, "warning", "");
  add(unchecked, "file", " not checked");
  if (errors + warnings + unchecked > 0) result.outcome = Outcome::Warned;
  // A command that is not read as it was meant harms nothing but itself: the user may go on.
  if (errors > 0 && check != kCommands) result.outcome = Outcome::Failed;
  return result;
}

/// Runs the checks one by one into a report.
class Runner {
 public:
  Runner(const Store& store, const Trees& trees, const ChecksOptions& options)
      : store_(store), trees_(trees), options_(options) {}

  ValidationReport run() {
    for (const auto& tree : trees_) report_.file_count += tree->files().size();
    for (const std::string& name : check_names()) {
      const bool is_wanted =
          options_.only.empty() ||
          std::find(options_.only.begin(), options_.only.end(), name) != options_.only.end();
      if (!is_wanted) continue;
      run_one(name);
      require_going_on(options_);  // an interrupt may have cut it short
    }
    report_.success = report_.failed_checks.empty();
    return std::move(report_);
  }

 private:
  void run_one(const std::string& name) {
    CheckResult result;
    std::string failure = name;
    try {
      result = carry_out(name);
    } catch (const Error& error) {
      if (error.code() == Errc::Cancelled) throw;
      result = {Outcome::Failed, error.what(), {}};
      failure = fmt::format("{}: {}", name, error.what());
    } catch (const std::exception& error) {
      result = {Outcome::Failed, error.what(), {}};
      failure = fmt::format("{}: {}", name, error.what());
    }
    if (options_.strict && result.outcome == Outcome::Warned) result.outcome = Outcome::Failed;
    if (result.outcome == Outcome::Failed) report_.failed_checks.push_back(failure);
    if (result.outcome == Outcome::Warned) {
      report_.warnings.push_back(fmt::format("{}: {}", name, result.text));
    }
    for (ReportedFinding& one : result.findings) {
      one.finding.check = name;
      report_.findings.push_back(std::move(one));
    }
    for (Snapshot& one : result.damaged) report_.damaged.push_back(std::move(one));
    report_.checks.push_back({name, result.outcome, std::move(result.text)});
  }

  CheckResult carry_out(const std::string& name) {
    if (name == "disk_space") {
      std::uint64_t free_bytes = 0;
      CheckResult result = check_disk_space(store_, trees_, options_, free_bytes);
      report_.disk_space_mb = free_bytes >> 20;
      return result;
    }
    if (name == "file_permissions") return check_file_permissions(store_, trees_);
    if (name == "file_locks") return check_file_locks(trees_, options_);
    if (name == "backup_capacity") return check_backup_capacity(store_, trees_, options_);
    if (name == "previous_backup") return check_previous_backup(store_, trees_, options_);
    if (!judged_) judged_ = judge_files(trees_, options_);
    return weigh(name, *judged_);
  }

  const Store& store_;
  const Trees& trees_;
  const ChecksOptions& options_;
  ValidationReport report_;
  std::optional<std::vector<ReportedFinding>> judged_;  ///< of all files, for three of the checks
};

}  // namespace

const std::vector<std::string>& check_names() {
  static const std::vector<std::string> names = {
      "disk_space",      "file_permissions", "file_locks",        "backup_capacity",
      "previous_backup", "hooks_syntax",     "commands_validity", "settings_schema"};
  return names;
}

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::Passed:
      return "passed";
    case Outcome::Warned:
      return "warned";
    case Outcome::Failed:
      return "failed";
  }
  return "failed";
}

void CheckResult::add(const CheckedTree& tree, const std::string& path, std::string reason,
                      Severity severity) {
  findings.push_back(
      {tree.profile().name, tree.live_path(path), {{}, path, 0, 0, std::move(reason), severity}});
}

void require_going_on(const ChecksOptions& options) {
  if (options.cancelled && options.cancelled())
    throw Error(Errc::Cancelled, "the checks stopped", "they were asked to");
}

ValidationReport run_checks(const Store& store, const Trees& trees, const ChecksOptions& options) {
  return Runner(store, trees, options).run();
}

void append(ValidationReport& all, ValidationReport more) {
  const auto move_all = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  all.success = all.success && more.success;
  move_all(all.failed_checks, more.failed_checks);
  move_all(all.warnings, more.warnings);
  move_all(all.findings, more.findings);
  move_all(all.checks, more.checks);
  move_all(all.damaged, more.damaged);
  all.disk_space_mb = std::max(all.disk_space_mb, more.disk_space_mb);
  all.file_count = std::max(all.file_count, more.file_count);
}

}  // namespace stravinsky::hooks
