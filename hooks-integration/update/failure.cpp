#include "update/failure.hpp"

#include <algorithm>

namespace stravinsky::hooks {

std::string_view name_of(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::ParseError:
      return "parse error";
    case FailureKind::SchemaViolation:
      return "schema violation";
    case FailureKind::DependencyFailure:
      return "dependency failure";
    case FailureKind::PermissionDenied:
      return "permission denied";
    case FailureKind::FileLocked:
      return "file in use";
    case FailureKind::DiskFull:
      return "disk full";
    case FailureKind::DamagedStore:
      return "damaged store";
    case FailureKind::Several:
      return "several failures";
    case FailureKind::Unknown:
      return "unknown failure";
  }
  return "unknown failure";
}

std::string_view name_of(RecoveryStrategy strategy) noexcept {
  switch (strategy) {
    case RecoveryStrategy::AutoRollback:
      return "auto_rollback";
    case RecoveryStrategy::Manual:
      return "manual";
    case RecoveryStrategy::Emergency:
      return "emergency";
  }
  return "emergency";
}

RecoveryStrategy strategy_of(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::ParseError:
    case FailureKind::SchemaViolation:
    case FailureKind::DependencyFailure:
    case FailureKind::Unknown:
      return RecoveryStrategy::AutoRollback;
    case FailureKind::PermissionDenied:
    case FailureKind::FileLocked:
    case FailureKind::DiskFull:
      return RecoveryStrategy::Manual;
    case FailureKind::DamagedStore:
    case FailureKind::Several:
      return RecoveryStrategy::Emergency;
  }
  return RecoveryStrategy::Emergency;
}

FailureKind kind_of(Errc code) noexcept {
  switch (code) {
    case Errc::Denied:
      return FailureKind::PermissionDenied;
    case Errc::NoSpace:
      return FailureKind::DiskFull;
    case Errc::Locked:
    case Errc::Busy:
    case Errc::Changed:
      return FailureKind::FileLocked;
    case Errc::Corrupt:
    case Errc::Hostile:
    case Errc::Signature:
      return FailureKind::DamagedStore;
    default:
      return FailureKind::Unknown;
  }
}

FailureKind kind_of_check(std::string_view check) noexcept {
  check = check.substr(0, check.find(':'));
  if (check == "disk_space") return FailureKind::DiskFull;
  if (check == "file_permissions") return FailureKind::PermissionDenied;
  if (check == "file_locks") return FailureKind::FileLocked;
  if (check == "backup_capacity") return FailureKind::DiskFull;
  if (check == "previous_backup") return FailureKind::DamagedStore;
  if (check == "settings_schema") return FailureKind::SchemaViolation;
  if (check == "hooks_syntax" || check == "commands_validity") return FailureKind::ParseError;
  return FailureKind::DependencyFailure;
}

FailureKind kind_of_checks(const std::vector<std::string>& failed) {
  std::vector<FailureKind> kinds;
  for (const std::string& check : failed) kinds.push_back(kind_of_check(check));
  return combined(kinds);
}

FailureKind combined(const std::vector<FailureKind>& kinds) noexcept {
  if (kinds.empty()) return FailureKind::Unknown;
  const bool alike = std::all_of(kinds.begin(), kinds.end(),
                                 [&](FailureKind kind) { return kind == kinds.front(); });
  return alike ? kinds.front() : FailureKind::Several;
}

}  // namespace stravinsky::hooks
