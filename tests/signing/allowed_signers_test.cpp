#include <doctest/doctest.h>

#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "signing/verify.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

/// The principals that `ssh-keygen -Y find-principals` finds for a signature.
std::string ssh_principals(const TempDir& dir, std::string_view allowed, std::string_view armour) {
  write_file(dir / "allowed", allowed);
  write_file(dir / "signature", armour);
  return run("ssh-keygen -q -Y find-principals -f " + (dir / "allowed") + " -s " +
             (dir / "signature") + " 2>/dev/null")  // it complains about blank lines, and goes on
      .output;
}

std::string message_of(std::string_view text) {
  try {
    parse_allowed_signers(text);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("signing: ssh-keygen finds the principal in the line that we write") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  for (const std::string name : {"alice@example.com", "jürgen@host", "a#b", "a\\b", "a=b", "-a",
                                 "(x)", "cert-authority", "ssh-ed25519"}) {
    CAPTURE(name);
    const std::string line = allowed_signers_line(name, key.public_key());
    CHECK(ssh_principals(dir, line, key.sign("message")) == name + "\n");
    CHECK(ssh_verifies(dir, line, name, "message", key.sign("message")));
    const std::vector<AllowedSigner> signers = parse_allowed_signers(line);
    REQUIRE(signers.size() == 1);
    CHECK(signers[0].principal == name);
    CHECK(signers[0].key == key.public_key());
  }
  const std::string longest(1000, 'a');
  CHECK(ssh_principals(dir, allowed_signers_line(longest, key.public_key()), key.sign("message")) ==
        longest + "\n");
}

TEST_CASE("signing: a name that ssh-keygen would read as more or less is not listed") {
  const PublicKey key = generate_key("alice@example.com").public_key();
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\tb"), std::string("a\nb"),
        std::string("a\rb"), std::string("a\0b", 3), std::string("*"), std::string("a?"),
        std::string("!a"), std::string("a,b"), std::string("\"a\""), std::string("#a"),
        std::string("a\x7f"), std::string(1001, 'a')}) {
    CAPTURE(name);
    CHECK(!is_principal(name));
    CHECK(error_of([&] { allowed_signers_line(name, key); }) == Errc::Invalid);
  }
}

TEST_CASE("signing: we and ssh-keygen read the same from one allowed_signers line") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  const std::string public_key = key.public_key().line(), armour = key.sign("message");
  for (const std::string& line :
       {"a@b " + public_key, "a@b " + public_key + " a comment\n", "  a@b\t " + public_key + "\n",
        "a@b namespaces=\"git\" " + public_key + "\n",
        "a@b \t namespaces=\"file,git\" \t " + public_key, "a@b,c@d " + public_key,
        "# comment\n\n \t\n  # another\na@b " + public_key}) {
    CAPTURE(line);
    std::string ours;
    for (const AllowedSigner& signer : parse_allowed_signers(line)) {
      CHECK(signer.key == key.public_key());
      ours += signer.principal + "\n";
    }
    CHECK(ours == ssh_principals(dir, line, armour));
    CHECK(ssh_verifies(dir, line, "a@b", "message", armour));
  }
}

TEST_CASE("signing: a retired key is one that ssh-keygen takes up to its time and not after it") {
  const TempDir dir;
  const SigningKey key = generate_key("a@b");
  const std::string line = allowed_signers_line("a@b", key.public_key(), "20250301120000Z");
  const auto signers = parse_allowed_signers(line);
  REQUIRE(signers.size() == 1);
  CHECK(signers.front().is_retired());
  CHECK(!parse_allowed_signers(allowed_signers_line("a@b", key.public_key())).front().is_retired());
  write_file(dir / "allowed", line);
  write_file(dir / "signature", key.sign("message"));
  const auto accepted = [&](const std::string& time) {
    return run("printf message | TZ=UTC ssh-keygen -q -Y verify -n git -I a@b -f " +
               (dir / "allowed") + " -s " + (dir / "signature") + " -Overify-time=" + time)
               .status == 0;
  };
  CHECK(accepted("20250301120000"));
  CHECK(!accepted("20250301120001"));
}

TEST_CASE("signing: lines of other key types are skipped, lines of ours keep their order") {
  const TempDir dir;
  const std::string ecdsa = fs::read_file(ssh_key(dir, "key", "-t ecdsa -N '' -C x") + ".pub");
  const PublicKey one = generate_key("a").public_key(), two = generate_key("b").public_key();
  const auto signers =
      parse_allowed_signers("z@z " + ecdsa + "z@z namespaces=\"git\" " + ecdsa +
                            allowed_signers_line("b", two) + allowed_signers_line("a", one));
  REQUIRE(signers.size() == 2);
  CHECK(signers[0].principal == "b");
  CHECK(signers[0].key == two);
  CHECK(signers[1].principal == "a");
  CHECK(signers[1].key == one);
  CHECK(parse_allowed_signers("").empty());
}

TEST_CASE("signing: an allowed_signers line we do not act upon is refused by its number") {
  const std::string key = generate_key("alice@example.com").public_key().line();
  for (const std::string& line : {"a@b cert-authority " + key,
                                  "a@b valid-before=\"20300101\" " + key,
                                  "a@b valid-before=\"20300101000000\" " + key,
                                  "a@b valid-before=\"20301301000000Z\" " + key,
                                  "a@b valid-before=\"20300101000000Z\", " + key,
                                  "a@b valid-after=\"20300101000000Z\" " + key,
                                  "a@b namespaces=\"git\",cert-authority " + key,
                                  "a@b namespaces=\"file\" " + key,
                                  "a@b namespaces=\"\" " + key,
                                  "a@b namespaces=\" " + key,
                                  "a@b namespaces=\"git " + key,
                                  "a@b namespaces=git " + key,
                                  "a@b namespaces=\"g*\" " + key,
                                  "a@b namespaces=\"git,!git\" " + key,
                                  "a@b namespaces=\"git\",namespaces=\"git\" " + key,
                                  "a@b namespaces=\"git\" namespaces=\"git\" " + key,
                                  "a@b NAMESPACES=\"git\" " + key,
                                  "*@b " + key,
                                  "!a@b " + key,
                                  "a@b,*@c " + key,
                                  "a@b, " + key,
                                  "\"a b\" " + key,
                                  std::string("a@b"),
                                  std::string("a@b namespaces=\"git\""),
                                  key,
                                  "a@b " + key + "=",
                                  std::string("a@b ssh-ed25519"),
                                  "a@b ssh-ed25519-cert-v01@openssh.com " + key.substr(12),
                                  "a@b " + key + "\r",
                                  "a@b " + key + std::string("\0", 1),
                                  "a@b\v" + key}) {
    CAPTURE(line);
    const std::string text = "# first\n" + line + "\n";
    CHECK(error_of([&] { parse_allowed_signers(text); }) == Errc::Signature);
    CHECK(message_of(text).find("allowed_signers line 2:") != std::string::npos);
  }
}
