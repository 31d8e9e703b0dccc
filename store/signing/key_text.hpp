#pragma once

#include <string>

#include "signing/key.hpp"
#include "signing/secret.hpp"

namespace stravinsky::signing {

/// What the two files of a key hold.
struct KeyText {
  /// @param path  for messages. @throws Error Key: we do not have its secret
  KeyText(const SigningKey& key, const std::string& path);

  SecretBytes secret_file;  ///< an openssh-key-v1 file, unencrypted
  std::string public_file;  ///< `ssh-ed25519 AAAA… PRINCIPAL`
};

/// Whether a new key may be written here. @throws Error as `write_key`
void require_place_for_key(const std::string& path);

}  // namespace stravinsky::signing
