#include "transaction/record_event.hpp"

#include "fs/lock.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

ChainLink record_event(Store::Parts& parts, Event event, Timestamp started,
                       const std::string& signers) {
  parts.require_writable();
  Publishing publishing(parts);
  Publication& publication = publishing.publication;
  if (!signers.empty()) publication.set_signers(signers);
  return publication.publish(std::move(event), {}, started);
}

}  // namespace stravinsky
