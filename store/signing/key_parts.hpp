#pragma once

#include <memory>
#include <string>

#include "signing/ed25519.hpp"
#include "signing/key.hpp"

namespace stravinsky::signing {

/// What holds a secret and signs with it. Threads: const members from any.
class Signer {
 public:
  Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  virtual ~Signer() = default;
  /// As SigningKey's. @throws Error Key
  virtual std::string sign(std::string_view message) const = 0;
  virtual std::string sign_bytes(std::string_view text) const = 0;
};

struct SigningKey::Parts {
  PublicKey public_key;
  std::string principal;
  std::unique_ptr<Signer> signer;
  const Ed25519Secret* secret = nullptr;  ///< the signer's; null: somebody else holds it
};

/// A key whose secret is in this process.
SigningKey key_of(Ed25519Secret secret, std::string principal);

/// A key that the agent holds.
/// @param principal  as its file or the agent's comment says; may be empty
/// @throws Error Key: no agent, or it does not hold the key
SigningKey agent_key(const PublicKey& key, const std::string& principal, const std::string& socket);

/// A key that a program signs with.
/// @param source  of its members the program and the directory for what it is handed
/// @param file    the key's file for `-f`; empty: a file with the public key is made for it
SigningKey program_key(const PublicKey& key, const KeySource& source, const std::string& file);

}  // namespace stravinsky::signing
