#include "update/run_update.hpp"

namespace stravinsky::hooks {

std::string_view name_of(UpdatePhase phase) noexcept {
  switch (phase) {
    case UpdatePhase::Prepare:
      return "PREPARE";
    case UpdatePhase::Validate:
      return "VALIDATE";
    case UpdatePhase::Switch:
      return "SWITCH";
    case UpdatePhase::Verify:
      return "VERIFY";
    case UpdatePhase::Commit:
      return "COMMIT";
    case UpdatePhase::AutoRollback:
      return "AUTO-ROLLBACK";
  }
  return "AUTO-ROLLBACK";
}

}  // namespace stravinsky::hooks
