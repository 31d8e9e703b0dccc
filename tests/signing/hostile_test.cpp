#include <doctest/doctest.h>

#include <random>
#include <string>

#include "signing/armour.hpp"
#include "signing/key.hpp"
#include "signing/openssh_key.hpp"
#include "signing/verify.hpp"
#include "signing/wire.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

constexpr unsigned kSeed = 20251120;

/// Changes, inserts, removes or repeats a few bytes, or writes a length that no input has.
std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return random() % std::max<std::size_t>(limit, 1); };
  for (std::size_t left = 1 + below(3); left > 0; --left) {
    const std::size_t at = below(bytes.size());
    switch (random() % 6) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
        break;
      default:
        bytes.replace(at, 4, random() % 2 == 0 ? "\xff\xff\xff\xff" : "\x7f\xff\xff\xfc");
    }
  }
  return bytes;
}

std::string text_of(const SecretBytes& secret) { return std::string(view_of(secret)); }

}  // namespace

TEST_CASE("signing: a damaged key file is refused or still is the same key") {
  INFO("seed ", kSeed);
  std::mt19937 random(kSeed);
  const Ed25519Secret secret = Ed25519Secret::generate();
  const std::string text = text_of(encode_openssh_key(secret, "alice@example.com"));
  const std::string raw = text_of(unarmoured(kPrivateKeyLabel, text).value());
  std::size_t accepted = 0, other = 0;
  for (int round = 0; round < 20000; ++round) {
    // Half of the damage inside the armour, where it reaches the structures.
    const std::string input = round % 2 == 0
                                  ? mutated(text, random)
                                  : text_of(armoured(kPrivateKeyLabel, mutated(raw, random)));
    try {
      const OpensshKey key = decode_openssh_key(input, "key");
      ++accepted;  // the check number or the comment may have changed
      other += key.secret.public_key() != secret.public_key();
    } catch (const Error& error) {
      other += error.code() != Errc::Key;
    }
  }
  CHECK(other == 0);
  CHECK(accepted < 2000);
}

TEST_CASE("signing: every bit of a key file's key bytes counts") {
  const Ed25519Secret secret = Ed25519Secret::generate();
  const std::string raw =
      text_of(unarmoured(kPrivateKeyLabel, text_of(encode_openssh_key(secret, ""))).value());
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * raw.size(); ++bit) {
    std::string damaged = raw;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const std::string text = text_of(armoured(kPrivateKeyLabel, damaged));
    refused += error_of([&] { decode_openssh_key(text, "key"); }) == Errc::Key;
  }
  CHECK(refused == 8 * raw.size());
  for (std::size_t size = 0; size < raw.size(); ++size) {
    const std::string text = text_of(armoured(kPrivateKeyLabel, raw.substr(0, size)));
    CHECK(error_of([&] { decode_openssh_key(text, "key"); }) == Errc::Key);
  }
}

TEST_CASE("signing: a damaged signature is refused, whatever the damage") {
  INFO("seed ", kSeed);
  std::mt19937 random(kSeed);
  const std::string armour = generate_key("alice@example.com").sign("message");
  const std::string blob = text_of(unarmoured(kSignatureLabel, armour).value());
  std::size_t wrong = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string input = round % 2 == 0
                                  ? mutated(armour, random)
                                  : text_of(armoured(kSignatureLabel, mutated(blob, random)));
    const bool same = input == armour || input == armour + "\n";
    const auto outcome = error_of([&] { verify_signature("message", input); });
    wrong += same ? outcome.has_value() : outcome != Errc::Signature;
  }
  CHECK(wrong == 0);
}

TEST_CASE("signing: a damaged allowed_signers file is refused or gives exact names") {
  INFO("seed ", kSeed);
  std::mt19937 random(kSeed);
  std::string text = "# ours\n";
  for (const std::string name : {"a@b", "c@d"}) {
    text += allowed_signers_line(name, generate_key(name).public_key());
  }
  std::size_t wrong = 0;
  for (int round = 0; round < 5000; ++round) {
    try {
      for (const AllowedSigner& signer : parse_allowed_signers(mutated(text, random))) {
        wrong += !is_principal(signer.principal) || signer.key.raw.size() != 32;
      }
    } catch (const Error& error) {
      wrong += error.code() != Errc::Signature;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("signing: lengths beyond the input end a read and stick") {
  const std::string bytes("\xff\xff\xff\xff\0\0\0\1a", 9);
  WireReader reader(bytes);
  CHECK(reader.string().empty());
  CHECK(reader.failed());
  CHECK(reader.u32() == 0);
  CHECK(reader.rest().empty());
  CHECK(!reader.finished());

  WireReader inside(std::string_view(bytes).substr(4));
  CHECK(inside.string() == "a");
  CHECK(inside.finished());
  CHECK(!unarmoured(kSignatureLabel, std::string(1 << 20, '-')));
}
