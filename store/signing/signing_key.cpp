#include <fmt/format.h>

#include "core/text.hpp"
#include "signing/key.hpp"
#include "signing/key_parts.hpp"
#include "signing/sshsig.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::signing {

SigningKey::SigningKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

const PublicKey& SigningKey::public_key() const noexcept { return parts_->public_key; }
const std::string& SigningKey::principal() const noexcept { return parts_->principal; }

std::string SigningKey::sign(std::string_view message) const {
  return armoured_signature(public_key(), parts_->secret.sign(signed_data(message, kHash)));
}

SigningKey generate_key(const std::string& principal) {
  if (!is_principal(principal)) {
    throw Error(Errc::Invalid, fmt::format("cannot make a signing key for {}", quoted(principal)),
                "an allowed_signers file cannot list that name", "use a name like `user@host`");
  }
  Ed25519Secret secret = Ed25519Secret::generate();
  PublicKey public_key{.raw = secret.public_key()};
  return SigningKey(std::make_unique<SigningKey::Parts>(
      SigningKey::Parts{std::move(secret), std::move(public_key), principal}));
}

}  // namespace stravinsky::signing
