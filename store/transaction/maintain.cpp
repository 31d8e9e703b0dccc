#include <algorithm>

#include "audit/projections.hpp"
#include "fs/lock.hpp"
#include "packs/fold_packs.hpp"
#include "transaction/kept_checkpoint.hpp"
#include "transaction/settle.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

/// Copied without a thought even after a small operation: a fraction of a second.
constexpr std::uint64_t kAlwaysCopied = std::uint64_t{64} << 20;

void fold(Store::Parts& parts, std::uint64_t most_bytes) {
  fs::Lock lock;
  if (!fs::Lock::try_lock(parts.own("lock.objects"), fs::Lock::Mode::Exclusive, lock)) return;
  if (fold_packs(parts.database->objects_dir(), parts.tmp_dir(), most_bytes) != 0) {
    parts.database->refresh();
  }
}

/// The log and the index for people follow the chain.
void project(Store::Parts& parts) {
  fs::Lock lock;
  if (!fs::Lock::try_lock(parts.own("lock.projections"), fs::Lock::Mode::Exclusive, lock)) return;
  ProjectionPlaces places;
  places.directory = parts.options.path + "/audit";
  if (!parts.options.checkpoint_dir.empty()) places.seal = projections_seal(parts);
  const Config::Audit& audit = parts.config().audit;
  places.rotation_bytes = audit.log_rotation_size_mb << 20;
  places.retention = std::chrono::days(audit.log_retention_days);
  for (std::string& remark :
       update_projections(*parts.database, parts.head().id, places, parts.now())) {
    parts.remark(std::move(remark));
  }
}

}  // namespace

void maintain(Store& store, std::uint64_t bytes_added) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  settle_pending(parts);
  try {
    project(parts);
  } catch (const Error& error) {
    parts.remark(
        error.what());  // they are made anew some day, and packs must be folded all the same
  }
  fold(parts, std::max(kAlwaysCopied, 4 * bytes_added));
}

}  // namespace stravinsky
