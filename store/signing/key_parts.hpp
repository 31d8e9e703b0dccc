#pragma once

#include <string>

#include "signing/ed25519.hpp"
#include "signing/key.hpp"

namespace stravinsky::signing {

struct SigningKey::Parts {
  Ed25519Secret secret;
  PublicKey public_key;
  std::string principal;
};

}  // namespace stravinsky::signing
