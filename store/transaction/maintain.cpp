#include <algorithm>

#include "fs/lock.hpp"
#include "packs/fold_packs.hpp"
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

}  // namespace

void maintain(Store& store, std::uint64_t bytes_added) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  settle_pending(parts);
  fold(parts, std::max(kAlwaysCopied, 4 * bytes_added));
}

}  // namespace stravinsky
