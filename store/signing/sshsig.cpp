#include "signing/sshsig.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <new>
#include <optional>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "signing/armour.hpp"
#include "signing/ed25519.hpp"
#include "signing/verify.hpp"
#include "signing/wire.hpp"
#include "stravinsky/error.hpp"

// The blob inside the armour, by OpenSSH's PROTOCOL.sshsig:
//   "SSHSIG"  u32 version  string public key  string namespace  string reserved  string hash name
//   string signature
// What Ed25519 signs repeats all but version and key, so neither namespace nor hash can be swapped:
//   "SSHSIG"  string namespace  string reserved  string hash name  string hash of the message

namespace stravinsky::signing {
namespace {

constexpr std::uint32_t kVersion = 1;

[[noreturn]] void refuse(std::string_view why) {
  throw Error(Errc::Signature, "cannot accept a signature", std::string(why));
}

std::string digest_of(std::string_view message, std::string_view hash) {
  if (hash == "sha256") return std::string(sha256(message).raw());
  std::string digest(64, '\0');
  if (EVP_Q_digest(nullptr, "SHA512", nullptr, message.data(), message.size(),
                   reinterpret_cast<unsigned char*>(digest.data()), nullptr) != 1) {
    throw std::bad_alloc();  // as core/hash.cpp: a digest fails only for want of memory
  }
  return digest;
}

PublicKey key_in(std::string_view blob) {
  try {
    return PublicKey::from_blob(blob);
  } catch (const Error& error) {
    refuse(error.what());
  }
}

}  // namespace

std::string signed_data(std::string_view message, std::string_view hash) {
  std::string data(kMagic);
  append_string(data, kNamespace);
  append_string(data, "");
  append_string(data, hash);
  append_string(data, digest_of(message, hash));
  return data;
}

std::string armoured_signature(const PublicKey& key, std::string_view signature) {
  std::string wrapped;
  append_string(wrapped, kKeyType);
  append_string(wrapped, signature);
  std::string blob(kMagic);
  append_u32(blob, kVersion);
  append_string(blob, key.blob());
  append_string(blob, kNamespace);
  append_string(blob, "");
  append_string(blob, kHash);
  append_string(blob, wrapped);
  return std::string(view_of(armoured(kSignatureLabel, blob)));
}

PublicKey verify_signature(std::string_view message, std::string_view armour) {
  const std::optional<SecretBytes> blob = unarmoured(kSignatureLabel, armour);
  if (!blob) refuse("its armour is malformed");

  WireReader reader(view_of(*blob));
  if (reader.bytes(kMagic.size()) != kMagic) refuse("it is not an SSH signature");
  const std::uint32_t version = reader.u32();
  if (!reader.failed() && version != kVersion) {
    refuse(fmt::format("its version is {}, we know only {}", version, kVersion));
  }
  const std::string_view key_blob = reader.string();
  const std::string_view name_space = reader.string();
  const std::string_view reserved = reader.string();
  const std::string_view hash = reader.string();
  WireReader wrapped(reader.string());
  const std::string_view type = wrapped.string();
  const std::string_view signature = wrapped.string();
  if (!reader.finished() || !wrapped.finished()) refuse("its bytes are damaged");

  PublicKey key = key_in(key_blob);
  if (name_space != kNamespace) {
    refuse(fmt::format("it is for the namespace {}, not '{}'", quoted(name_space), kNamespace));
  }
  if (!reserved.empty()) refuse("its reserved field is in use");
  if (hash != "sha512" && hash != "sha256") {
    refuse(fmt::format("its hash is {}, not 'sha512' or 'sha256'", quoted(hash)));
  }
  if (type != kKeyType) {
    refuse(fmt::format("its type is {}, not '{}'", quoted(type), kKeyType));
  }
  if (!ed25519_verifies(key.raw, signed_data(message, hash), signature)) {
    refuse(fmt::format("key {} did not sign these bytes", key.fingerprint()));
  }
  return key;
}

}  // namespace stravinsky::signing
