#include "audit/checkpoint.hpp"

#include <fmt/format.h>

#include "fs/lock.hpp"
#include "signing/verify.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "transaction/kept_checkpoint.hpp"
#include "transaction/record_event.hpp"
#include "transaction/store_key.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

void require_trusted(const Store::Parts& parts, const ChainLink& head,
                     const signing::SigningKey& key) {
  for (const auto& signer :
       signing::parse_allowed_signers(read_allowed_signers(*parts.database, head))) {
    if (signer.key == key.public_key() && !signer.is_retired()) return;
  }
  throw Error(Errc::Key, "cannot sign a checkpoint",
              fmt::format("the chain does not trust the key {}", key.public_key().fingerprint()),
              "see `stravinsky key show`");
}

/// To sign what is not believed would make others believe it.
void require_sound(const Store& store, const ChainLink& head) {
  Store::Parts& parts = store.parts();
  std::string fault;
  if (const auto kept = find_kept_checkpoint(parts)) {
    fault = contradiction_of(*parts.database, head, *kept);
  }
  if (fault.empty()) fault = find_event(store, head.id.hex()).signature->fault;
  if (fault.empty()) return;
  throw Error(Errc::Signature, "cannot sign a checkpoint", fault, "stravinsky audit verify");
}

}  // namespace

std::string audit_checkpoint(const Store& store) {
  Store::Parts& parts = store.parts();
  const signing::SigningKey key = open_signing_key(parts.options);
  const ChainLink head = read_link(*parts.database, parts.audit_head());
  require_trusted(parts, head, key);
  require_sound(store, head);
  Checkpoint checkpoint;
  checkpoint.first = find_first_event(*parts.database, head.id);
  checkpoint.sequence = head.event.sequence;
  checkpoint.digest = head.commit_digest;
  checkpoint.commit = head.id;
  checkpoint.time = head.event.time;
  return write_checkpoint(checkpoint, key);
}

void accept_audit_chain(Store& store) {
  Store::Parts& parts = store.parts();
  Event event;
  event.event_type = "CHECKPOINT";
  if (const auto kept = find_readable_checkpoint(parts)) {
    event.extra["seen"] = {{"sequence", kept->sequence}, {"commit", kept->head.hex()}};
  }
  const ChainLink link = record_event(parts, std::move(event), parts.now());
  const fs::Lock lock(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
  replace_kept_checkpoint(parts, link);
}

}  // namespace stravinsky
