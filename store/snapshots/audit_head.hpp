#pragma once

#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The newest event's commit, whatever is in it; in a clone that of the branch it fetched.
/// @throws Error Corrupt: there is none
inline ObjectId audit_head(Store::Parts& parts) {
  const RefName ref = RefName::parse(kAuditRef);
  if (const auto id = parts.is_clone ? parts.find_ref(ref) : parts.ref_store->find(ref)) return *id;
  if (!parts.is_clone) return parts.head().id;  // throws, with what to do
  throw Error(Errc::Corrupt, "cannot read the audit chain", "the clone has no branch 'audit'",
              "git fetch origin audit");
}

}  // namespace stravinsky
