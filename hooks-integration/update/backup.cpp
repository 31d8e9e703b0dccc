#include "update/backup.hpp"

#include <fmt/format.h>

namespace stravinsky::hooks {

Backup back_up(Store& store, const UpdateRequest& request, Progress& progress) {
  CreateOptions create;
  create.profile = request.profile;
  create.description = fmt::format("Auto-backup before updating to {}", request.version);
  create.category = "auto-backup";
  // What is replaced is captured in any case; the setting says whether it is kept as a backup.
  create.snapshot_class = request.checks.config.update.auto_backup_before_update
                              ? SnapshotClass::Safety
                              : SnapshotClass::Routine;
  create.skip_if_unchanged = true;
  CreateReport made = create_snapshot(store, create, progress);
  Backup backup;
  backup.is_new = made.snapshot.has_value();
  backup.snapshot = made.snapshot ? made.snapshot : made.current;
  backup.bytes_added = made.bytes_added;
  std::erase_if(made.losses, [](const Loss& loss) { return loss.kind == Loss::Kind::Vanished; });
  backup.losses = std::move(made.losses);
  return backup;
}

}  // namespace stravinsky::hooks
