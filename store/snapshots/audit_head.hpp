#pragma once

#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The newest event's commit, in a clone that of the branch it fetched.
/// @throws Error Corrupt: there is none
inline ObjectId audit_head(Store::Parts& parts) {
  const RefName ref = RefName::parse(kAuditRef);
  if (!parts.is_clone) return parts.head().id;
  if (const auto id = parts.find_ref(ref)) return *id;
  throw Error(Errc::Corrupt, "cannot read the audit chain", "the clone has no branch 'audit'",
              "git fetch origin audit");
}

}  // namespace stravinsky
