#include "transaction/record_event.hpp"

#include "fs/lock.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

ChainLink record_event(Store::Parts& parts, Event event, Timestamp started,
                       const std::string& signers) {
  parts.require_writable();
  const fs::Lock objects(parts.own("lock.objects"), fs::Lock::Mode::Shared,
                         parts.options.lock_wait);
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  Publication publication(parts, writer);
  if (!signers.empty()) publication.set_signers(signers);
  return publication.publish(std::move(event), {}, started);
}

}  // namespace stravinsky
