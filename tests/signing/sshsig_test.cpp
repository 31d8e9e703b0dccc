#include <doctest/doctest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "signing/armour.hpp"
#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "signing/verify.hpp"
#include "signing/wire.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

constexpr std::string_view kMessage = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";

std::string blob_of(std::string_view armour) {
  return std::string(view_of(unarmoured(kSignatureLabel, armour).value()));
}

std::string armour_of(std::string_view blob) {
  return std::string(view_of(armoured(kSignatureLabel, blob)));
}

bool refused(std::string_view message, std::string_view armour) {
  return error_of([&] { verify_signature(message, armour); }) == Errc::Signature;
}

/// A blob with fields of the test's choice around a signature that holds.
struct Fields {
  std::string magic = "SSHSIG";
  std::uint32_t version = 1;
  std::string name_space = "git", reserved = "", hash = "sha512", type = "ssh-ed25519";
  std::string key_tail = "", signature_tail = "", tail = "";

  std::string armour(const SigningKey& key) const {
    const std::string raw = blob_of(key.sign(kMessage)).substr(109);
    std::string wrapped, blob = magic;
    append_string(wrapped, type);
    append_string(wrapped, raw);
    wrapped += signature_tail;
    append_u32(blob, version);
    append_string(blob, key.public_key().blob() + key_tail);
    append_string(blob, name_space);
    append_string(blob, reserved);
    append_string(blob, hash);
    append_string(blob, wrapped);
    return armour_of(blob + tail);
  }
};

/// The armour in lines of another width, ending in a newline.
std::string rewrapped(const std::string& armour, std::size_t width) {
  const std::size_t begin = armour.find('\n') + 1, end = armour.find("-----END");
  std::string base64;
  for (const char c : armour.substr(begin, end - begin)) {
    if (c != '\n') base64 += c;
  }
  std::string text = armour.substr(0, begin);
  for (std::size_t i = 0; i < base64.size(); i += width) text += base64.substr(i, width) + "\n";
  return text + armour.substr(end);
}

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

}  // namespace

TEST_CASE("signing: our signature is the one ssh-keygen makes, byte for byte") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  write_key(dir / "key", key);
  for (const std::string& message : {std::string(), std::string(kMessage),
                                     std::string("a\0b\r\n", 5), std::string(100000, 'x')}) {
    const std::string armour = key.sign(message);
    CHECK(armour + "\n" == ssh_sign(dir, dir / "key", message));
    CHECK(verify_signature(message, armour) == key.public_key());
    CHECK(ssh_verifies(dir, allowed_signers_line("alice@example.com", key.public_key()),
                       "alice@example.com", message, armour));
  }
}

TEST_CASE("signing: threads that share a key make the same signature") {
  const SigningKey key = generate_key("alice@example.com");
  const std::string expected = key.sign(kMessage);
  std::array<std::size_t, 4> right{};
  std::vector<std::thread> threads;
  for (std::size_t& count : right) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) count += key.sign(kMessage) == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::array<std::size_t, 4>{50, 50, 50, 50});
}

TEST_CASE("signing: signatures by ssh-keygen hold, with SHA-512 and with SHA-256") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  const PublicKey key = PublicKey::parse(fs::read_file(path + ".pub"));
  CHECK(verify_signature(kMessage, ssh_sign(dir, path, kMessage)) == key);
  const std::string with_sha256 = ssh_sign(dir, path, kMessage, "-n git -O hashalg=sha256");
  CHECK(blob_of(with_sha256).find("sha256") != std::string::npos);
  CHECK(verify_signature(kMessage, with_sha256) == key);
}

TEST_CASE("signing: a signature for another namespace or of another key type is refused") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  CHECK(refused(kMessage, ssh_sign(dir, path, kMessage, "-n file")));
  const std::string ecdsa = ssh_key(dir, "ecdsa", "-t ecdsa -N '' -C alice");
  CHECK(refused(kMessage, ssh_sign(dir, ecdsa, kMessage)));
}

TEST_CASE("signing: one flipped bit in message, armour or blob spoils a signature") {
  const std::string message(kMessage);
  const std::string armour = generate_key("alice@example.com").sign(message);
  const std::string blob = blob_of(armour);
  CHECK(blob.size() == 173);
  const auto flipped = [](std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    return bytes;
  };
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    accepted += !refused(flipped(message, bit), armour);
  }
  for (std::size_t bit = 0; bit < 8 * armour.size(); ++bit) {
    accepted += !refused(message, flipped(armour, bit));
  }
  for (std::size_t bit = 0; bit < 8 * blob.size(); ++bit) {
    accepted += !refused(message, armour_of(flipped(blob, bit)));
  }
  CHECK(accepted == 0);
  CHECK(!refused(message, armour_of(blob)));
}

TEST_CASE("signing: a signature cut short anywhere is refused") {
  const std::string armour = generate_key("alice@example.com").sign(kMessage);
  const std::string blob = blob_of(armour);
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < armour.size(); ++size) {
    accepted += !refused(kMessage, armour.substr(0, size));
  }
  for (std::size_t size = 0; size < blob.size(); ++size) {
    accepted += !refused(kMessage, armour_of(blob.substr(0, size)));
  }
  CHECK(accepted == 0);
}

TEST_CASE("signing: every field of a signature is checked") {
  const SigningKey key = generate_key("alice@example.com");
  REQUIRE(!refused(kMessage, Fields{}.armour(key)));
  CHECK(refused(kMessage, Fields{.magic = "SSHSIH"}.armour(key)));
  CHECK(refused(kMessage, Fields{.version = 0}.armour(key)));
  CHECK(refused(kMessage, Fields{.version = 2}.armour(key)));
  CHECK(refused(kMessage, Fields{.name_space = ""}.armour(key)));
  CHECK(refused(kMessage, Fields{.name_space = "file"}.armour(key)));
  CHECK(refused(kMessage, Fields{.name_space = std::string("git\0", 4)}.armour(key)));
  CHECK(refused(kMessage, Fields{.reserved = "x"}.armour(key)));
  CHECK(refused(kMessage, Fields{.hash = "sha1"}.armour(key)));
  CHECK(refused(kMessage, Fields{.hash = "sha256"}.armour(key)));
  CHECK(refused(kMessage, Fields{.type = "ssh-rsa"}.armour(key)));
  CHECK(refused(kMessage, Fields{.key_tail = "x"}.armour(key)));
  CHECK(refused(kMessage, Fields{.signature_tail = "x"}.armour(key)));
  CHECK(refused(kMessage, Fields{.tail = "x"}.armour(key)));
}

TEST_CASE("signing: what ssh-keygen refuses of an armour, we refuse") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  const std::string line = allowed_signers_line("alice@example.com", key.public_key());
  const std::string armour = key.sign(kMessage);
  const auto ssh_refuses = [&](const std::string& text) {
    return !ssh_verifies(dir, line, "alice@example.com", kMessage, text);
  };
  for (const std::string& bad :
       {with_crlf(armour), with_crlf(armour + "\n"), "\n" + armour, "x\n" + armour, " " + armour,
        armour.substr(1), armour.substr(0, armour.size() - 1),
        std::string("-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----"),
        std::string("-----BEGIN SSH SIGNATURE-----")}) {
    CAPTURE(bad);
    CHECK(refused(kMessage, bad));
    CHECK(ssh_refuses(bad));
  }
}

TEST_CASE("signing: the lines of an armour have one width, which may be any") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  const std::string line = allowed_signers_line("alice@example.com", key.public_key());
  const std::string armour = key.sign(kMessage);
  for (const std::size_t width : {1U, 3U, 64U, 70U, 76U, 232U, 1000U}) {
    const std::string text = rewrapped(armour, width);
    CHECK(verify_signature(kMessage, text) == key.public_key());
    CHECK(verify_signature(kMessage, text + "\n") == key.public_key());
    CHECK(ssh_verifies(dir, line, "alice@example.com", kMessage, text));
  }
}

TEST_CASE("signing: an armour that ssh-keygen would forgive has no second spelling with us") {
  const std::string armour = generate_key("alice@example.com").sign(kMessage);
  const std::size_t first = armour.find('\n') + 1, last = armour.rfind('\n');
  const auto inserted = [&](std::size_t at, const std::string& text) {
    return std::string(armour).insert(at, text);
  };
  for (const std::string& bad :
       {inserted(first, "\n"), inserted(first, " "), inserted(first + 5, "\n"),
        inserted(first + 5, " "), inserted(last, "\n"), inserted(last, " "), inserted(last, "="),
        inserted(last, "===="), armour + "\n\n", armour + "x", armour + "\nx", armour + armour}) {
    CAPTURE(bad);
    CHECK(refused(kMessage, bad));
  }
}
