#include "signing/ed25519.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <new>
#include <utility>

#include "stravinsky/error.hpp"

namespace stravinsky::signing {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

void require(int ok, const char* what) {
  if (ok == 1) return;
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  throw Error(Errc::Key, what, reason != nullptr ? reason : "OpenSSL gives no reason");
}

const unsigned char* input(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <typename Bytes>
unsigned char* output(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

void Ed25519Secret::Free::operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }

// The seed is kept beside OpenSSL's key: EVP_PKEY_get_raw_private_key passes it through memory that
// OpenSSL 3.0 frees without cleansing. EVP_PKEY_Q_keygen would leave us no other way to have it.
Ed25519Secret::Ed25519Secret(SecretBytes seed)
    : seed_(std::move(seed)),
      key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, input(view_of(seed_)),
                                        seed_.size())) {
  require(key_ ? 1 : 0, "cannot make an Ed25519 key");
}

Ed25519Secret Ed25519Secret::generate() {
  SecretBytes seed(kSeedSize);
  require(RAND_priv_bytes(output(seed), static_cast<int>(seed.size())),
          "cannot make a signing key");
  return Ed25519Secret(std::move(seed));
}

Ed25519Secret Ed25519Secret::from_seed(std::string_view seed) {
  return Ed25519Secret(SecretBytes(seed.begin(), seed.end()));
}

std::string Ed25519Secret::public_key() const {
  std::string raw(kPublicKeySize, '\0');
  std::size_t size = raw.size();
  require(EVP_PKEY_get_raw_public_key(key_.get(), output(raw), &size),
          "cannot take out an Ed25519 key");
  return raw;
}

std::string Ed25519Secret::sign(std::string_view message) const {
  const Context context = new_context();
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()), "cannot sign");
  require(EVP_DigestSign(context.get(), output(signature), &size, input(message), message.size()),
          "cannot sign");
  return signature;
}

bool ed25519_verifies(std::string_view public_key, std::string_view message,
                      std::string_view signature) {
  if (public_key.size() != kPublicKeySize || signature.size() != kSignatureSize) return false;
  const Context context = new_context();
  ERR_set_mark();  // a refusal is an answer: leave nothing in this thread's error queue
  EVP_PKEY* key =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, input(public_key), public_key.size());
  const bool holds = key != nullptr &&
                     EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
                     EVP_DigestVerify(context.get(), input(signature), signature.size(),
                                      input(message), message.size()) == 1;
  EVP_PKEY_free(key);
  ERR_pop_to_mark();
  return holds;
}

}  // namespace stravinsky::signing
