#include <fmt/format.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "signing/ed25519.hpp"
#include "signing/key.hpp"
#include "signing/wire.hpp"
#include "signing/words.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::signing {
namespace {

[[noreturn]] void refuse(std::string_view why) {
  throw Error(Errc::Key, "cannot read an SSH public key", std::string(why),
              "use an Ed25519 key, such as `ssh-keygen -t ed25519` makes");
}

}  // namespace

std::string PublicKey::blob() const {
  std::string blob;
  append_string(blob, kKeyType);
  append_string(blob, raw);
  return blob;
}

std::string PublicKey::line() const { return std::string(kKeyType) + " " + base64_encode(blob()); }

std::string PublicKey::fingerprint() const {
  std::string digest = base64_encode(sha256(blob()).raw());
  digest.erase(digest.find('='));  // 32 bytes always leave one
  return "SHA256:" + digest;
}

PublicKey PublicKey::from_blob(std::string_view blob) {
  WireReader reader(blob);
  const std::string_view type = reader.string();
  if (!reader.failed() && type != kKeyType) {
    refuse(fmt::format("its type is {}, not '{}'", quoted(type), kKeyType));
  }
  const std::string_view raw = reader.string();
  if (!reader.finished() || raw.size() != kPublicKeySize) refuse("its bytes are damaged");
  return PublicKey{.raw = std::string(raw)};
}

PublicKey PublicKey::parse(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto is_control = [](char c) {
    return c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F);
  };
  if (std::any_of(line.begin(), line.end(), is_control)) refuse("it has control characters");
  const std::string_view type = next_word(line);
  if (type != kKeyType) refuse(fmt::format("its type is {}, not '{}'", quoted(type), kKeyType));
  const std::optional<std::string> blob = base64_decode(next_word(line));
  if (!blob) refuse("it is not base64");
  return from_blob(*blob);
}

}  // namespace stravinsky::signing
