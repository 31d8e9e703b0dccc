#pragma once

#include <string>
#include <string_view>

#include "signing/ed25519.hpp"

namespace stravinsky::signing {

/// What an unencrypted openssh-key-v1 file holds.
struct OpensshKey {
  Ed25519Secret secret;
  std::string comment;
};

/// The text of such a file, final newline included.
SecretBytes encode_openssh_key(const Ed25519Secret& secret, std::string_view comment);

/// @param path  for messages
/// @throws Error Key: encrypted, of another type, a public key, or damaged
OpensshKey decode_openssh_key(std::string_view text, const std::string& path);

}  // namespace stravinsky::signing
