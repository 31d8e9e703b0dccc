#include <doctest/doctest.h>

#include <string>

#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "signing/verify.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

/// A bare repository in which git sees no settings but its own.
struct Repository {
  TempDir dir;
  std::string git = "HOME=" + dir.path() + " GIT_CONFIG_NOSYSTEM=1 git -C " + (dir / "repo") + " ";

  Repository() {
    output_of("git init -q --bare " + (dir / "repo"));
    output_of(git + "config gpg.ssh.allowedSignersFile " + (dir / "allowed_signers"));
  }
  std::string line(const std::string& words, const std::string& after = "") const {
    std::string output = output_of(git + words + after);
    while (output.ends_with('\n')) output.pop_back();
    return output;
  }
};

constexpr const char* kIdent = "Alice <alice@example.com> 1763631000 +0000";

/// The commit as an object: the signature is a header, its further lines indented.
std::string with_signature(const std::string& payload, const std::string& armour) {
  std::string header = "gpgsig ";
  for (const char c : armour) header += c == '\n' ? std::string("\n ") : std::string(1, c);
  return std::string(payload).insert(payload.find("\n\n") + 1, header + "\n");
}

}  // namespace

TEST_CASE("signing: git verify-commit accepts the commit that we sign, and no other") {
  const Repository repo;
  const SigningKey key = generate_key("alice@example.com");
  write_file(repo.dir / "allowed_signers", allowed_signers_line(key.principal(), key.public_key()));
  const std::string tree = repo.line("mktree", " </dev/null");
  const std::string payload = "tree " + tree + "\nauthor " + kIdent + "\ncommitter " + kIdent +
                              "\n\nA snapshot\n\nSequence: 1\n";
  const std::string armour = key.sign(payload);
  const auto written = [&](const std::string& object) {
    write_file(repo.dir / "object", object);
    return repo.line("hash-object -t commit -w " + (repo.dir / "object"));
  };

  const std::string good = written(with_signature(payload, armour));
  const std::string said = repo.line("verify-commit --raw " + good);
  CHECK(said == "Good \"git\" signature for alice@example.com with ED25519 key " +
                    key.public_key().fingerprint());
  repo.line("update-ref refs/heads/master " + good);
  CHECK(repo.line("fsck --strict --no-dangling") == "");

  const std::string other = payload + "More: 1\n";
  const std::string bad = written(with_signature(other, armour));
  CHECK(run(repo.git + "verify-commit " + bad).status != 0);
  CHECK(error_of([&] { verify_signature(other, armour); }) == Errc::Signature);
}

TEST_CASE("signing: the commit that git signs with our key is the one we would sign") {
  const Repository repo;
  const SigningKey key = generate_key("alice@example.com");
  write_key(repo.dir / "key", key);
  write_file(repo.dir / "allowed_signers", allowed_signers_line(key.principal(), key.public_key()));
  const std::string tree = repo.line("mktree", " </dev/null");
  const std::string payload =
      "tree " + tree + "\nauthor " + kIdent + "\ncommitter " + kIdent + "\n\nA snapshot\n";
  write_file(repo.dir / "object", with_signature(payload, key.sign(payload)));
  const std::string ours = repo.line("hash-object -t commit -w " + (repo.dir / "object"));
  const std::string theirs = output_of(
      "export GIT_AUTHOR_NAME=Alice GIT_AUTHOR_EMAIL=alice@example.com GIT_COMMITTER_NAME=Alice "
      "GIT_COMMITTER_EMAIL=alice@example.com GIT_AUTHOR_DATE='1763631000 +0000' "
      "GIT_COMMITTER_DATE='1763631000 +0000'; " +
      repo.git + "-c gpg.format=ssh -c user.signingkey=" + (repo.dir / "key") + " commit-tree -S " +
      tree + " -m 'A snapshot'");
  CHECK(ours + "\n" == theirs);
}
