#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/error.hpp"

namespace stravinsky::hooks {

/// Why an update did not pass, as far as it decides what is to be done about it.
enum class FailureKind : std::uint8_t {
  ParseError,
  SchemaViolation,
  DependencyFailure,  ///< a check of the user's said no
  PermissionDenied,
  FileLocked,
  DiskFull,
  DamagedStore,
  Several,  ///< of more than one kind at once
  Unknown,
};
std::string_view name_of(FailureKind kind) noexcept;  ///< such as `parse error`

enum class RecoveryStrategy : std::uint8_t { AutoRollback, Manual, Emergency };
std::string_view name_of(RecoveryStrategy strategy) noexcept;  ///< `auto_rollback`, `manual`, …

RecoveryStrategy strategy_of(FailureKind kind) noexcept;
FailureKind kind_of(Errc code) noexcept;
/// Of a failed check by its name, such as `settings_schema`.
FailureKind kind_of_check(std::string_view check) noexcept;
/// Of all of them.
FailureKind kind_of_checks(const std::vector<std::string>& failed);
/// What several failures come to. Empty: Unknown.
FailureKind combined(const std::vector<FailureKind>& kinds) noexcept;

}  // namespace stravinsky::hooks
