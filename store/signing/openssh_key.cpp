#include "signing/openssh_key.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.hpp"
#include "signing/armour.hpp"
#include "signing/key.hpp"
#include "signing/wire.hpp"
#include "stravinsky/error.hpp"

// The file, by OpenSSH's PROTOCOL.key:
//   "openssh-key-v1\0"  string cipher  string kdf  string kdf options  u32 number of keys (1)
//   string public key   string private section
// The private section, without encryption:
//   u32 check  u32 the same  string type  string public key  string seed and public key
//   string comment  padding 1, 2, 3 … to a multiple of 8

namespace stravinsky::signing {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "openssh-key-v1\0"sv;
constexpr std::size_t kBlock = 8;

[[noreturn]] void refuse(const std::string& path, const std::string& why, std::string remedy) {
  throw Error(Errc::Key, fmt::format("cannot use the signing key {}", quoted(path)), why,
              std::move(remedy));
}

[[noreturn]] void refuse_damaged(const std::string& path) {
  refuse(path, "it is damaged", fmt::format("see `ssh-keygen -y -f {}`", quoted(path)));
}

bool is_padding(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (static_cast<unsigned char>(bytes[i]) != (i + 1) % 256) return false;
  }
  return true;
}

SecretBytes private_section(const Ed25519Secret& secret, std::string_view public_key,
                            std::string_view comment) {
  std::array<unsigned char, 4> check{};
  if (RAND_bytes(check.data(), check.size()) != 1) {
    throw Error(Errc::Key, "cannot make a signing key", "OpenSSL's random generator failed");
  }
  const std::string_view check_bytes(reinterpret_cast<const char*>(check.data()), check.size());
  SecretBytes pair;
  append_bytes(pair, secret.seed());
  append_bytes(pair, public_key);

  SecretBytes section;
  append_bytes(section, check_bytes);
  append_bytes(section, check_bytes);
  append_string(section, kKeyType);
  append_string(section, public_key);
  append_string(section, view_of(pair));
  append_string(section, comment);
  for (char pad = 1; section.size() % kBlock != 0; ++pad) section.push_back(pad);
  return section;
}

OpensshKey decode_private(std::string_view section, const PublicKey& public_key,
                          const std::string& path) {
  WireReader reader(section);
  const std::uint32_t check = reader.u32();
  const bool same_check = reader.u32() == check;
  const bool same_type = reader.string() == kKeyType;
  const bool same_key = reader.string() == public_key.raw;
  const std::string_view pair = reader.string();
  const std::string_view comment = reader.string();
  const std::string_view padding = reader.rest();
  if (!reader.finished() || section.size() % kBlock != 0 || !same_check || !same_type ||
      !same_key || pair.size() != kSeedSize + kPublicKeySize ||
      pair.substr(kSeedSize) != public_key.raw || !is_padding(padding)) {
    refuse_damaged(path);
  }
  // The comment ends up in lines of other files, where a newline would begin one more.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(comment.begin(), comment.end(), is_control)) {
    refuse(path, "its comment has control characters",
           fmt::format("run `ssh-keygen -c -C user@host -f {}`", quoted(path)));
  }
  OpensshKey key{Ed25519Secret::from_seed(pair.substr(0, kSeedSize)), std::string(comment)};
  // A file whose halves do not belong together would make signatures that leak the secret.
  if (key.secret.public_key() != public_key.raw) refuse_damaged(path);
  return key;
}

}  // namespace

SecretBytes encode_openssh_key(const Ed25519Secret& secret, std::string_view comment) {
  const PublicKey public_key{.raw = secret.public_key()};
  SecretBytes raw;
  append_bytes(raw, kMagic);
  append_string(raw, "none");
  append_string(raw, "none");
  append_string(raw, "");
  append_u32(raw, 1);
  append_string(raw, public_key.blob());
  append_string(raw, view_of(private_section(secret, public_key.raw, comment)));
  SecretBytes text = armoured(kPrivateKeyLabel, view_of(raw));
  text.push_back('\n');
  return text;
}

namespace {

/// The parts of the file before the private section is looked into.
struct OuterParts {
  SecretBytes raw;  ///< what the views point into
  PublicKey key;
  bool is_encrypted = false, has_options = false;
  std::string_view section;
};

OuterParts decode_outside(std::string_view text, const std::string& path) {
  if (!text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----")) {
    refuse(path, "it is not an OpenSSH private key",
           "use an Ed25519 key, such as `ssh-keygen -t ed25519` makes");
  }
  std::optional<SecretBytes> raw = unarmoured(kPrivateKeyLabel, text);
  if (!raw) refuse_damaged(path);
  OuterParts parts;
  parts.raw = *std::move(raw);

  WireReader reader(view_of(parts.raw));
  if (reader.bytes(kMagic.size()) != kMagic) refuse_damaged(path);
  const std::string_view cipher = reader.string();
  const std::string_view kdf = reader.string();
  parts.has_options = !reader.string().empty();
  const std::uint32_t keys = reader.u32();
  const std::string_view key_blob = reader.string();
  parts.section = reader.string();
  parts.is_encrypted = cipher != "none" || kdf != "none";
  // An authenticated cipher's tag stands behind the section.
  if (parts.is_encrypted) reader.rest();
  if (!reader.finished() || keys != 1) refuse_damaged(path);

  // The type first: the remedy for an encrypted key of another type would not help.
  WireReader blob(key_blob);
  const std::string_view type = blob.string();
  if (blob.failed()) refuse_damaged(path);
  if (type != kKeyType) {
    refuse(path, fmt::format("its type is {}, not '{}'", quoted(type), kKeyType),
           "use an Ed25519 key, such as `ssh-keygen -t ed25519` makes");
  }
  const std::string_view public_raw = blob.string();
  if (!blob.finished() || public_raw.size() != kPublicKeySize) refuse_damaged(path);
  parts.key.raw = std::string(public_raw);
  return parts;
}

}  // namespace

PublicHalf decode_public_half(std::string_view text, const std::string& path) {
  if (text.starts_with("ssh-")) return {.key = PublicKey::parse(text)};
  const OuterParts parts = decode_outside(text, path);
  return {.key = parts.key, .is_usable = !parts.is_encrypted};
}

OpensshKey decode_openssh_key(std::string_view text, const std::string& path) {
  if (text.starts_with("ssh-")) {
    refuse(path, "it is a public key", "name the private key, the file without '.pub'");
  }
  const OuterParts parts = decode_outside(text, path);
  if (parts.is_encrypted) {
    refuse(path, "it is protected by a passphrase",
           fmt::format("run `ssh-add {}` so that the agent signs with it", quoted(path)));
  }
  if (parts.has_options) refuse_damaged(path);
  return decode_private(parts.section, parts.key, path);
}

}  // namespace stravinsky::signing
