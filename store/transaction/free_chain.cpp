#include "transaction/free_chain.hpp"

#include <fmt/format.h>

#include <thread>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "stravinsky/error.hpp"
#include "transaction/recover.hpp"

namespace stravinsky {

void require_free_chain(Store::Parts& parts) {
  const RecoveredRefs recovered(parts);  // what is left of ours is gone
  const std::string lock = parts.ref_store->path_of(RefName::parse(kAuditRef)) + ".lock";
  const auto end = std::chrono::steady_clock::now() + parts.options.lock_wait;
  while (fs::exists(lock)) {
    if (std::chrono::steady_clock::now() >= end) {
      throw Error(Errc::Locked, "cannot write to the audit chain",
                  fmt::format("{} exists", quoted(lock)),
                  "wait for the git command that holds it; remove the file if none runs");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace stravinsky
