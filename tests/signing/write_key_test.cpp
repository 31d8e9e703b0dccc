#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <barrier>
#include <optional>
#include <thread>

#include "fs/list_directory.hpp"
#include "signing/key.hpp"
#include "signing/ssh.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

TEST_CASE("signing: ssh-keygen reads the key that we write") {
  const TempDir dir;
  // Names of all lengths, so that every length of padding occurs.
  for (std::size_t length = 1; length <= 8; ++length) {
    const std::string name(length, 'n'), path = dir / name;
    const SigningKey key = generate_key(name);
    write_key(path, key);
    const std::string line = key.public_key().line() + " " + name + "\n";
    CHECK(output_of("ssh-keygen -y -f " + path) == line);
    CHECK(output_of("ssh-keygen -y -P '' -f " + path) == line);
    CHECK(fs::read_file(path + ".pub") == line);
    CHECK(output_of("ssh-keygen -l -f " + path) ==
          "256 " + key.public_key().fingerprint() + " " + name + " (ED25519)\n");
  }
}

TEST_CASE("signing: a written key comes back the same and nothing else stays beside it") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  write_key(dir / "key", key);
  const SigningKey again = read_key(dir / "key");
  CHECK(again.public_key() == key.public_key());
  CHECK(again.principal() == "alice@example.com");
  CHECK(again.sign("message") == key.sign("message"));
  CHECK((fs::find_stat(dir / "key")->st_mode & 07777) == 0600);
  CHECK((fs::find_stat(dir / "key.pub")->st_mode & 07777 & 0133) == 0);
  CHECK(fs::list_directory(dir.path()).size() == 2);
  CHECK(generate_key("alice@example.com").public_key() != key.public_key());
}

TEST_CASE("signing: write_key touches neither a key nor a lone public key") {
  const TempDir dir;
  const SigningKey key = generate_key("alice@example.com");
  write_file(dir / "a", "mine");
  CHECK(error_of([&] { write_key(dir / "a", key); }) == Errc::Exists);
  CHECK(fs::read_file(dir / "a") == "mine");
  write_file(dir / "b.pub", "mine");
  CHECK(error_of([&] { write_key(dir / "b", key); }) == Errc::Exists);
  CHECK(fs::read_file(dir / "b.pub") == "mine");
  CHECK(fs::list_directory(dir.path()).size() == 2);
}

TEST_CASE("signing: write_key refuses a place from which read_key would not read") {
  const TempDir dir;
  REQUIRE(chmod(dir.path().c_str(), 0777) == 0);
  const SigningKey key = generate_key("alice@example.com");
  CHECK(error_of([&] { write_key(dir / "key", key); }) == Errc::Key);
  CHECK(fs::list_directory(dir.path()).empty());
  CHECK(error_of([&] { write_key(dir / "none/key", key); }) == Errc::NotFound);
}

TEST_CASE("signing: of two writers at once one gets Exists and finds the other's whole key") {
  const TempDir dir;
  for (int round = 0; round < 25; ++round) {
    const std::string path = dir / ("key" + std::to_string(round));
    const std::array keys = {generate_key("one"), generate_key("two")};
    std::array<std::optional<Errc>, 2> outcomes;
    std::array<std::string, 2> read;
    std::barrier together(2);
    const auto write = [&](std::size_t i) {
      together.arrive_and_wait();
      outcomes[i] = error_of([&] { write_key(path, keys[i]); });
      read[i] = read_key(path).public_key().raw;
    };
    std::thread other(write, 1);
    write(0);
    other.join();

    const std::size_t winner = outcomes[0].has_value() ? 1 : 0;
    CHECK(!outcomes[winner].has_value());
    CHECK(outcomes[1 - winner] == Errc::Exists);
    CHECK(read[0] == keys[winner].public_key().raw);
    CHECK(read[1] == keys[winner].public_key().raw);
    CHECK(PublicKey::parse(fs::read_file(path + ".pub")) == keys[winner].public_key());
  }
  CHECK(fs::list_directory(dir.path()).size() == 50);
}

TEST_CASE("signing: a key is made only for a name that allowed_signers can list") {
  for (const std::string name : {"", "a b", "a\nb", "*@host", "a,b", "#a"}) {
    CAPTURE(name);
    CHECK(error_of([&] { generate_key(name); }) == Errc::Invalid);
  }
}
