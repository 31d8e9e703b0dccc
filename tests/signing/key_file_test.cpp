#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "signing/verify.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

/// The Error with which a key is refused.
Error refusal(const std::string& path) {
  try {
    read_key(path);
  } catch (const Error& error) {
    return error;
  }
  return Error(Errc::Invalid, "read_key", "it threw nothing");
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("signing: a key that ssh-keygen made is read with its comment") {
  const TempDir dir;
  // Comments of all lengths, so that every length of padding occurs.
  for (const std::string comment : {"", "a", "ab", "abc", "abcd", "abcde", "abcdef", "a@b c d"}) {
    const std::string path = ssh_key(dir, "key" + std::to_string(comment.size()),
                                     "-t ed25519 -N '' -C '" + comment + "'");
    const SigningKey key = read_key(path);
    CHECK(key.principal() == comment);
    CHECK(key.public_key() == PublicKey::parse(fs::read_file(path + ".pub")));
  }
}

TEST_CASE("signing: a link to a key is followed") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  REQUIRE(symlink("key", (dir / "link").c_str()) == 0);
  CHECK(read_key(dir / "link").public_key() == read_key(path).public_key());
  REQUIRE(symlink("loop", (dir / "loop").c_str()) == 0);
  CHECK(refusal(dir / "loop").code() == Errc::Key);
}

TEST_CASE("signing: an encrypted key is refused and the agent is named") {
  const TempDir dir;
  const Error error = refusal(ssh_key(dir, "key", "-t ed25519 -N secret -a 1 -C alice"));
  CHECK(error.code() == Errc::Key);
  CHECK(contains(error.what(), "passphrase"));
  CHECK(contains(error.remedy(), "ssh-add"));
  CHECK(contains(error.remedy(), "agent"));
}

TEST_CASE("signing: a key of another type is refused by its name") {
  const TempDir dir;
  const Error error = refusal(ssh_key(dir, "key", "-t ecdsa -N '' -C alice"));
  CHECK(error.code() == Errc::Key);
  CHECK(contains(error.what(), "'ecdsa-sha2-nistp256'"));
  const Error pem = refusal(ssh_key(dir, "pem", "-t rsa -b 2048 -m PEM -N '' -C alice"));
  CHECK(pem.code() == Errc::Key);
  CHECK(contains(pem.what(), "not an OpenSSH private key"));
}

TEST_CASE("signing: what is no private key file is refused with a reason") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  const Error missing = refusal(dir / "none");
  CHECK(missing.code() == Errc::Key);
  CHECK(contains(missing.remedy(), "ssh-keygen -t ed25519"));
  CHECK(refusal(path + "/below").code() == Errc::Key);

  REQUIRE(chmod((path + ".pub").c_str(), 0600) == 0);
  CHECK(contains(refusal(path + ".pub").what(), "public key"));
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(contains(refusal(dir / "fifo").what(), "not a regular file"));
  REQUIRE(mkdir((dir / "directory").c_str(), 0700) == 0);
  CHECK(contains(refusal(dir / "directory").what(), "not a regular file"));
  write_file(dir / "large", std::string(100000, 'a'));
  REQUIRE(chmod((dir / "large").c_str(), 0600) == 0);
  CHECK(contains(refusal(dir / "large").what(), "too large"));
}

TEST_CASE("signing: a key that others may read or write is refused, as by ssh-keygen") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  for (const mode_t mode : {0644U, 0640U, 0620U, 0604U, 0602U, 0601U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const Error error = refusal(path);
    CHECK(error.code() == Errc::Key);
    CHECK(error.remedy() == "run `chmod 600 '" + path + "'`");
    CHECK(run("ssh-keygen -y -f " + path).status != 0);
  }
  REQUIRE(chmod(path.c_str(), 0400) == 0);
  CHECK_NOTHROW(read_key(path));
}

TEST_CASE("signing: a key in a directory that others may write is refused") {
  const TempDir dir, links;
  const std::string path = ssh_key(dir, "key");
  REQUIRE(symlink(path.c_str(), (links / "link").c_str()) == 0);
  for (const TempDir* open : {&dir, &links}) {
    for (const mode_t mode : {0770U, 0702U, 01777U}) {
      REQUIRE(chmod(open->path().c_str(), mode) == 0);
      const Error error = refusal(links / "link");
      CHECK(error.code() == Errc::Key);
      CHECK(contains(error.what(), "others may write to its directory"));
    }
    REQUIRE(chmod(open->path().c_str(), 0755) == 0);
  }
  CHECK_NOTHROW(read_key(links / "link"));
}

TEST_CASE("signing: a key of another owner is refused") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can give a file away");
    return;
  }
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  REQUIRE(chown(path.c_str(), 4711, 4711) == 0);
  CHECK(contains(refusal(path).what(), "another user owns it"));
  REQUIRE(chown(path.c_str(), 0, 0) == 0);
  REQUIRE(chown(dir.path().c_str(), 4711, 4711) == 0);
  CHECK(contains(refusal(path).what(), "another user owns its directory"));
}
