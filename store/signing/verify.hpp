#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signing/key.hpp"

namespace stravinsky::signing {

/// One line of an allowed_signers file; only ssh-ed25519 lines are kept.
struct AllowedSigner {
  std::string principal;  ///< exact; a line with a wildcard is refused
  PublicKey key;
};

/// `principal namespaces="git" ssh-ed25519 AAAA…\n`
std::string allowed_signers_line(const std::string& principal, const PublicKey& key);
/// @throws Error Signature for a line we would read differently from ssh-keygen
std::vector<AllowedSigner> parse_allowed_signers(std::string_view text);

/// Checks an armoured SSHSIG over `message`, namespace `git`, and names its key.
/// @throws Error Signature with the reason: another namespace, version, hash or key type, a
/// malformed
///         armour (CRLF included), or a signature that does not hold
PublicKey verify_signature(std::string_view message, std::string_view armour);

}  // namespace stravinsky::signing
