#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "signing/secret.hpp"

namespace stravinsky::signing {

inline constexpr std::size_t kPublicKeySize = 32;
inline constexpr std::size_t kSeedSize = 32;
inline constexpr std::size_t kSignatureSize = 64;

/// An Ed25519 secret that signs; it is cleansed from memory when it goes.
/// Threads: const members from any.
class Ed25519Secret {
 public:
  static Ed25519Secret generate();
  /// @param seed  32 bytes, the secret as RFC 8032 has it
  static Ed25519Secret from_seed(std::string_view seed);

  std::string_view seed() const noexcept { return view_of(seed_); }
  std::string public_key() const;                    ///< 32 bytes
  std::string sign(std::string_view message) const;  ///< 64 bytes

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const noexcept;
  };
  explicit Ed25519Secret(SecretBytes seed);

  SecretBytes seed_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

/// False for a wrong size and for a public key that is no point of the curve, too.
bool ed25519_verifies(std::string_view public_key, std::string_view message,
                      std::string_view signature);

}  // namespace stravinsky::signing
