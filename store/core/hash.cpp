#include "core/hash.hpp"

#include <openssl/evp.h>

#include <new>
#include <type_traits>

#include "core/stitched_sha.hpp"

namespace stravinsky {
namespace {

// Fetched once: EVP_sha256() would look the provider up again at each initialisation.
template <typename Result>
const EVP_MD* algorithm() {
  static const EVP_MD* const md =
      EVP_MD_fetch(nullptr, std::is_same_v<Result, ObjectId> ? "SHA1" : "SHA256", nullptr);
  if (md == nullptr) throw std::bad_alloc();
  return md;
}

EVP_MD_CTX* raw(void* context) { return static_cast<EVP_MD_CTX*>(context); }

void require(int ok) {
  // The digests of a loaded provider fail only for want of memory.
  if (ok != 1) throw std::bad_alloc();
}

}  // namespace

template <typename Result>
void Hasher<Result>::Free::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(raw(context));
}

template <typename Result>
Hasher<Result>::Hasher() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require(EVP_DigestInit_ex(raw(context_.get()), algorithm<Result>(), nullptr));
}

template <typename Result>
Hasher<Result>::~Hasher() = default;

template <typename Result>
Hasher<Result>& Hasher<Result>::update(ByteView bytes) {
  require(EVP_DigestUpdate(raw(context_.get()), bytes.data(), bytes.size()));
  return *this;
}

template <typename Result>
Result Hasher<Result>::finish() {
  Result result;
  require(EVP_DigestFinal_ex(raw(context_.get()), result.data(), nullptr));
  require(EVP_DigestInit_ex(raw(context_.get()), nullptr, nullptr));
  return result;
}

template class Hasher<ObjectId>;
template class Hasher<Sha256>;

Sha256 sha256(ByteView bytes) {
  thread_local Sha256Hasher hasher;
  return hasher.update(bytes).finish();
}

ObjectId sha1(ByteView bytes) {
  thread_local Sha1Hasher hasher;
  return hasher.update(bytes).finish();
}

ShaPair sha1_and_sha256(std::string_view head, ByteView content) {
  ShaPair pair;
  if (has_stitched_sha()) {
    stitched_sha(as_bytes(head), content, pair.sha1, pair.sha256);
    return pair;
  }
  thread_local Sha1Hasher hasher;
  return {hasher.update(head).update(content).finish(), sha256(content)};
}

}  // namespace stravinsky
