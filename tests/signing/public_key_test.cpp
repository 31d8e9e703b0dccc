#include <doctest/doctest.h>

#include "core/text.hpp"
#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

TEST_CASE("signing: a public key line of ssh-keygen reads and prints as ssh-keygen has it") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key", "-t ed25519 -N '' -C 'two words'");
  const std::string line = fs::read_file(path + ".pub");
  const PublicKey key = PublicKey::parse(line);
  CHECK(key.line() + " two words\n" == line);
  CHECK(key.blob().size() == 51);
  CHECK(PublicKey::from_blob(key.blob()) == key);
  const std::string listed = output_of("ssh-keygen -l -f " + path + ".pub");
  CHECK(listed == "256 " + key.fingerprint() + " two words (ED25519)\n");
}

TEST_CASE("signing: a public key is one whole Ed25519 line and nothing else") {
  const TempDir dir;
  const PublicKey key = PublicKey::parse(fs::read_file(ssh_key(dir, "key") + ".pub"));
  const std::string line = key.line();
  const std::string other =
      fs::read_file(ssh_key(dir, "ecdsa", "-t ecdsa -N '' -C alice@example.com") + ".pub");
  CHECK(PublicKey::parse(line) == key);
  CHECK(PublicKey::parse("ssh-ed25519 \t" + line.substr(12) + " a comment") == key);
  for (const std::string& bad :
       {std::string(), std::string("ssh-ed25519"), other, " " + line, line + "\r\n",
        line + "\n" + line, line + "=", line + "AAAA", line.substr(0, line.size() - 4),
        "ssh-ed25519 " + base64_encode(key.blob() + "x"), "ssh-rsa " + line.substr(12),
        line + std::string(" \0", 2)}) {
    CAPTURE(bad);
    CHECK(error_of([&] { PublicKey::parse(bad); }) == Errc::Key);
  }
  const std::string blob = key.blob();
  for (std::size_t size = 0; size < blob.size(); ++size) {
    CHECK(error_of([&] { PublicKey::from_blob(blob.substr(0, size)); }) == Errc::Key);
  }
}
