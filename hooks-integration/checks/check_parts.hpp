#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checks/run_checks.hpp"

namespace stravinsky::hooks {

using Trees = std::vector<std::unique_ptr<CheckedTree>>;

/// What a check has to say.
struct CheckResult {
  Outcome outcome = Outcome::Passed;
  std::string text;
  std::vector<ReportedFinding> findings;
  std::vector<Snapshot> damaged = {};

  /// Adds a finding about a file of a tree; `severity` decides nothing here.
  void add(const CheckedTree& tree, const std::string& path, std::string reason, Severity severity);
};

CheckResult check_disk_space(const Store& store, const Trees& trees, const ChecksOptions& options,
                             std::uint64_t& free_bytes);
CheckResult check_file_permissions(const Store& store, const Trees& trees);
CheckResult check_file_locks(const Trees& trees, const ChecksOptions& options);
CheckResult check_backup_capacity(const Store& store, const Trees& trees,
                                  const ChecksOptions& options);
CheckResult check_previous_backup(const Store& store, const Trees& trees,
                                  const ChecksOptions& options);

/// @throws Error Cancelled: the caller wants no more
void require_going_on(const ChecksOptions& options);

/// The findings of all files, as their validators give them; faults of unchanged files warn.
/// @throws Error Cancelled
std::vector<ReportedFinding> judge_files(const Trees& trees, const ChecksOptions& options);
/// Commands, skills and agents of one name.
void find_name_clashes(const CheckedTree& tree, std::vector<ReportedFinding>& findings);

/// Whether another process holds a lock that would keep a writer of the file waiting.
bool is_locked(const std::string& path);

}  // namespace stravinsky::hooks
