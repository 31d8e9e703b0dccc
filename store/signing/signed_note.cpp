#include "signing/signed_note.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "signing/ed25519.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::signing {
namespace {

constexpr std::size_t kLargestNote = 64 << 10;
constexpr std::size_t kKeyIdSize = 4;
constexpr char kEd25519Type = '\x01';          ///< the number of that kind of signature
constexpr std::string_view kMark = "\u2014 ";  ///< a signature line begins so

[[noreturn]] void refuse(std::string_view why) {
  throw Error(Errc::Invalid, "cannot read a signed note", std::string(why),
              "give it as `stravinsky audit checkpoint` printed it");
}

std::string typed_key(const PublicKey& key) { return kEd25519Type + key.raw; }

std::string key_id(std::string_view name, const PublicKey& key) {
  const Sha256 digest = sha256(std::string(name) + "\n" + typed_key(key));
  return std::string(digest.raw().substr(0, kKeyIdSize));
}

Note::Signature parse_signature(std::string_view line) {
  if (!line.starts_with(kMark)) refuse("a line behind its text is no signature");
  line.remove_prefix(kMark.size());
  const std::size_t blank = line.find(' ');
  if (blank == 0 || blank == std::string_view::npos) refuse("a signature names no key");
  const auto bytes = base64_decode(line.substr(blank + 1));
  if (!bytes || bytes->size() <= kKeyIdSize) refuse("a signature is not base64");
  const std::string name(line.substr(0, blank));
  if (name.find('+') != std::string::npos) refuse("the name of a key has a '+'");
  return {name, bytes->substr(0, kKeyIdSize), bytes->substr(kKeyIdSize)};
}

}  // namespace

std::string signed_note(std::string_view text, std::string_view name, const SigningKey& key) {
  const std::string signature = key.sign_bytes(text);
  return fmt::format("{}\n{}{} {}\n", text, kMark, name,
                     base64_encode(key_id(name, key.public_key()) + signature));
}

Note parse_note(std::string_view bytes) {
  if (bytes.size() > kLargestNote) refuse("it is too large");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (!is_utf8(bytes) || std::any_of(bytes.begin(), bytes.end(), is_control)) {
    refuse("it is not plain UTF-8 text");
  }
  // The last empty line ends the text.
  const std::size_t gap = bytes.rfind("\n\n");
  if (gap == std::string_view::npos || !bytes.ends_with('\n')) refuse("it has no signature");
  Note note;
  note.text = bytes.substr(0, gap + 1);
  for (std::string_view rest = bytes.substr(gap + 2); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    note.signatures.push_back(parse_signature(line));
    rest.remove_prefix(line.size() + 1);
  }
  if (note.signatures.empty()) refuse("it has no signature");
  return note;
}

bool is_signed_by(const Note& note, std::string_view name, const PublicKey& key) {
  return std::any_of(note.signatures.begin(), note.signatures.end(), [&](const auto& signature) {
    return signature.name == name && signature.key_id == key_id(name, key) &&
           ed25519_verifies(key.raw, note.text, signature.signature);
  });
}

std::string verifier_key(std::string_view name, const PublicKey& key) {
  std::string id;
  for (const char c : key_id(name, key)) id += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return fmt::format("{}+{}+{}", name, id, base64_encode(typed_key(key)));
}

}  // namespace stravinsky::signing
