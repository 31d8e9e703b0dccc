#pragma once

#include <optional>
#include <span>
#include <string>

#include "audit/chain.hpp"
#include "signing/verify.hpp"

namespace stravinsky {

/// What the signature of an event says by itself, before anybody is trusted.
struct SignatureCheck {
  std::optional<signing::PublicKey> key;  ///< of a signature that holds
  std::string fault;                      ///< why there is no key; empty: there is one
};

/// Checks the signature of an event's commit. The dear part of a check, and the one that needs
/// nothing but the commit. Threads: any.
SignatureCheck check_signature(const Commit& commit);

/// Whom a list names for a key that is in use; empty when it does not list it, or as retired.
std::optional<std::string> find_principal(std::span<const signing::AllowedSigner> signers,
                                          const signing::PublicKey& key);

/// Whether a commit names the principal as its author and its committer.
bool is_by(const Commit& commit, const std::string& principal);

/// The lists of signers that events carry, each parsed once. Most events share one.
class SignerLists {
 public:
  explicit SignerLists(const ObjectDatabase& database) : database_(database) {}
  /// @returns a list that stays until the next call for another blob
  /// @throws Error Signature: a line we would read differently from ssh-keygen; Corrupt, NotFound
  const std::vector<signing::AllowedSigner>& read(const ObjectId& blob);

 private:
  const ObjectDatabase& database_;
  std::optional<ObjectId> blob_;
  std::vector<signing::AllowedSigner> signers_;
};

}  // namespace stravinsky
