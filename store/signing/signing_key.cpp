#include <fmt/format.h>

#include <utility>

#include "core/text.hpp"
#include "signing/key.hpp"
#include "signing/key_parts.hpp"
#include "signing/sshsig.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::signing {
namespace {

class OwnSigner final : public Signer {
 public:
  explicit OwnSigner(Ed25519Secret secret)
      : secret_(std::move(secret)), public_key_{.raw = secret_.public_key()} {}

  std::string sign(std::string_view message) const override {
    return armoured_signature(public_key_, secret_.sign(signed_data(message, kHash)));
  }
  std::string sign_bytes(std::string_view text) const override { return secret_.sign(text); }
  const Ed25519Secret& secret() const noexcept { return secret_; }
  const PublicKey& public_key() const noexcept { return public_key_; }

 private:
  Ed25519Secret secret_;
  PublicKey public_key_;
};

void require_principal(const std::string& principal) {
  if (is_principal(principal)) return;
  throw Error(Errc::Invalid, fmt::format("cannot make a signing key for {}", quoted(principal)),
              "an allowed_signers file cannot list that name", "use a name like `user@host`");
}

}  // namespace

SigningKey::SigningKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

const PublicKey& SigningKey::public_key() const noexcept { return parts_->public_key; }
const std::string& SigningKey::principal() const noexcept { return parts_->principal; }

void SigningKey::set_principal(const std::string& principal) {
  require_principal(principal);
  parts_->principal = principal;
}

std::string SigningKey::sign(std::string_view message) const {
  return parts_->signer->sign(message);
}

std::string SigningKey::sign_bytes(std::string_view text) const {
  // What is signed here must never pass for the inside of an SSH signature.
  if (text.starts_with(kMagic)) {
    throw Error(Errc::Invalid, "cannot sign a text", "it looks like an SSH signature's inside");
  }
  return parts_->signer->sign_bytes(text);
}

SigningKey key_of(Ed25519Secret secret, std::string principal) {
  auto signer = std::make_unique<OwnSigner>(std::move(secret));
  auto parts = std::make_unique<SigningKey::Parts>();
  parts->public_key = signer->public_key();
  parts->principal = std::move(principal);
  parts->secret = &signer->secret();
  parts->signer = std::move(signer);
  return SigningKey(std::move(parts));
}

SigningKey generate_key(const std::string& principal) {
  require_principal(principal);
  return key_of(Ed25519Secret::generate(), principal);
}

}  // namespace stravinsky::signing
