#pragma once

#include <string>
#include <string_view>

#include "signing/ed25519.hpp"
#include "signing/key.hpp"

namespace stravinsky::signing {

/// What an unencrypted openssh-key-v1 file holds.
struct OpensshKey {
  Ed25519Secret secret;
  std::string comment;
};

/// The text of such a file, final newline included.
SecretBytes encode_openssh_key(const Ed25519Secret& secret, std::string_view comment);

/// What a key's file tells without its secret.
struct PublicHalf {
  PublicKey key;
  bool is_usable = false;  ///< a private key's file that no passphrase protects
};
/// Of a private key's file, encrypted or not, or of a public key's.
/// @param path  for messages
/// @throws Error Key: of another type, or damaged
PublicHalf decode_public_half(std::string_view text, const std::string& path);

/// @param path  for messages
/// @throws Error Key: encrypted, of another type, a public key, or damaged
OpensshKey decode_openssh_key(std::string_view text, const std::string& path);

}  // namespace stravinsky::signing
