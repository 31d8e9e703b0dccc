// Whole commit objects, good and bad, before four judges: ours, git, ssh-keygen and libgit2. What
// ours accepts the others must accept, over the same bytes.
#include <doctest/doctest.h>
#include <git2.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "audit/event_signature.hpp"
#include "core/hash.hpp"
#include "objects/commit_object.hpp"
#include "signing/ssh.hpp"
#include "stravinsky/error.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

constexpr const char* kTree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";  // the empty one
constexpr const char* kAuthor = "author Alice <alice@example.com> 1763631000 +0000\n";
constexpr const char* kCommitter = "committer Alice <alice@example.com> 1763631000 +0000\n";
constexpr const char* kMessage = "\nPIN claude/one\n\nSequence: 1\n";

/// A header with its further lines indented.
std::string header(const std::string& name, const std::string& armour) {
  std::string text = name + " ";
  for (const char c : armour) text += c == '\n' ? std::string("\n ") : std::string(1, c);
  return text + "\n";
}

/// What was signed, and by what it was signed: one reader may find another than the next.
struct Extracted {
  std::string payload, signature;
};

class Judges {
 public:
  Judges() : key_(generate_key("alice@example.com")) {
    git_libgit2_init();
    git_ = "HOME=" + dir_.path() + " GIT_CONFIG_NOSYSTEM=1 git -C " + (dir_ / "repo") + " ";
    output_of("git init -q --bare " + (dir_ / "repo"));
    list_ = allowed_signers_line(key_.principal(), key_.public_key());
    write_file(dir_ / "allowed_signers", list_);
    output_of(git_ + "config gpg.ssh.allowedSignersFile " + (dir_ / "allowed_signers"));
    output_of(git_ + "hash-object -t tree -w /dev/null");
    REQUIRE(git_repository_open(&repository_, (dir_ / "repo").c_str()) == 0);
  }
  ~Judges() {
    git_repository_free(repository_);
    git_libgit2_shutdown();
  }

  std::string sign(const std::string& payload) const { return key_.sign(payload); }

  std::optional<Extracted> ours(const std::string& object) const {
    try {
      const Commit commit = parse_commit(object, sha1(as_bytes("any")));
      if (check_signature(commit).key != key_.public_key()) return std::nullopt;
      return Extracted{commit_payload(commit), commit.signature};
    } catch (const Error& error) {
      CHECK(error.code() == Errc::Corrupt);
      return std::nullopt;
    }
  }

  std::optional<Extracted> libgit2(const std::string& object) {
    git_oid id = written(object);
    git_buf signature = GIT_BUF_INIT, payload = GIT_BUF_INIT;
    std::optional<Extracted> found;
    if (git_commit_extract_signature(&signature, &payload, repository_, &id, nullptr) == 0) {
      found = {std::string(payload.ptr, payload.size), std::string(signature.ptr, signature.size)};
    }
    git_buf_dispose(&signature);
    git_buf_dispose(&payload);
    return found;
  }

  bool git(const std::string& object) {
    const git_oid id = written(object);
    return run(git_ + "verify-commit " + git_oid_tostr_s(&id)).status == 0;
  }

  bool ssh_keygen(const Extracted& extracted) const {
    return ssh_verifies(dir_, list_, key_.principal(), extracted.payload, extracted.signature);
  }

  /// That nobody reads anything else where we accept. @returns whether we do
  bool agree(const std::string& object) {
    const auto read = ours(object);
    if (!read) return false;
    const auto theirs = libgit2(object);
    REQUIRE(theirs);
    CHECK(theirs->payload == read->payload);
    CHECK(theirs->signature == read->signature);
    CHECK(ssh_keygen(*theirs));
    CHECK(git(object));
    return true;
  }

 private:
  /// As it is: neither git nor libgit2 is asked whether it likes it.
  git_oid written(const std::string& object) {
    git_odb* database = nullptr;
    REQUIRE(git_repository_odb(&database, repository_) == 0);
    git_oid id;
    const int failed =
        git_odb_write(&id, database, object.data(), object.size(), GIT_OBJECT_COMMIT);
    git_odb_free(database);
    REQUIRE(failed == 0);
    return id;
  }

  TempDir dir_;
  SigningKey key_;
  std::string git_, list_;
  git_repository* repository_ = nullptr;
};

struct Sample {
  std::string what, object;
  bool is_good = false;
};

/// One commit, and what can be done to it with the key at hand or without.
std::vector<Sample> corpus(const Judges& judges) {
  const std::string head = std::string(kTree) + kAuthor + kCommitter;
  const std::string payload = head + kMessage;
  const std::string armour = judges.sign(payload), gpgsig = header("gpgsig", armour);
  const std::string again = header("gpgsig", judges.sign(payload + "more\n"));
  const auto signed_over = [&](const std::string& front, const std::string& back) {
    return front + header("gpgsig", judges.sign(front + back)) + back;
  };
  std::string crlf = gpgsig;
  for (std::size_t at = 0; (at = crlf.find('\n', at)) != std::string::npos; at += 2) {
    crlf.insert(at, "\r");
  }
  const std::string parent = "parent " + std::string(40, '1') + "\n";
  const std::string encoding = "encoding ISO-8859-1\n", extra = "mergetag object x\n";
  const std::string rooted = std::string(kTree) + parent + kAuthor + kCommitter;
  return {
      {"as we write it", head + gpgsig + kMessage, true},
      {"with a parent", signed_over(rooted, kMessage), true},
      {"an empty message", signed_over(head, "\n"), true},
      {"a message without its last newline", signed_over(head, "\nwords"), true},
      {"a message that looks like headers", signed_over(head, "\ngpgsig x\n y\n"), true},
      {"not signed", payload},
      {"two signatures, the good one first", head + gpgsig + again + kMessage},
      {"two signatures, the good one last", head + again + gpgsig + kMessage},
      {"the same signature twice", head + gpgsig + gpgsig + kMessage},
      {"a signature before the committer",
       std::string(kTree) + kAuthor + gpgsig + kCommitter + kMessage},
      {"a signature before the author",
       std::string(kTree) + gpgsig + kAuthor + kCommitter + kMessage},
      {"a signature before the tree", gpgsig + payload},
      {"a signature in the message", head + "\n" + gpgsig + kMessage},
      {"gpgsig-sha256 alone", head + header("gpgsig-sha256", armour) + kMessage},
      {"gpgsig and gpgsig-sha256", head + gpgsig + header("gpgsig-sha256", armour) + kMessage},
      {"gpgsig-sha256 and gpgsig", head + header("gpgsig-sha256", armour) + gpgsig + kMessage},
      {"an encoding", signed_over(head + encoding, kMessage)},
      {"an encoding that was added", head + gpgsig + encoding + kMessage},
      {"a header nobody knows", signed_over(head + extra, kMessage)},
      {"a header nobody knows, added", head + gpgsig + extra + kMessage},
      {"a header behind the signature, signed",
       head + header("gpgsig", judges.sign(head + extra + kMessage)) + extra + kMessage},
      {"a second tree", signed_over(std::string(kTree) + kTree + kAuthor + kCommitter, kMessage)},
      {"a second author",
       signed_over(std::string(kTree) + kAuthor + kAuthor + kCommitter, kMessage)},
      {"a second committer", signed_over(head + kCommitter, kMessage)},
      {"a parent behind the author",
       signed_over(std::string(kTree) + kAuthor + parent + kCommitter, kMessage)},
      {"CRLF in the signature", head + crlf + kMessage},
      {"CRLF everywhere",
       [&] {
         std::string all = head + gpgsig + kMessage;
         for (std::size_t at = 0; (at = all.find('\n', at)) != std::string::npos; at += 2)
           all.insert(at, "\r");
         return all;
       }()},
      {"CRLF in what was signed",
       signed_over(std::string(kTree) + kAuthor +
                       "committer Alice <alice@example.com> 1763631000 +0000\r\n",
                   kMessage)},
      {"garbage behind the armour", head + header("gpgsig", armour + "\ngarbage") + kMessage},
      {"an empty line behind the armour", head + header("gpgsig", armour + "\n") + kMessage},
      {"garbage before the armour", head + header("gpgsig", "garbage\n" + armour) + kMessage},
      {"two armours in one header", head + header("gpgsig", armour + "\n" + armour) + kMessage},
      {"an empty signature", head + "gpgsig \n" + kMessage},
      {"a signature without its blank", head + "gpgsig" + gpgsig.substr(7) + kMessage},
      {"a tab for a blank", head + "gpgsig\t" + gpgsig.substr(7) + kMessage},
      {"further lines with two blanks",
       head +
           [&] {
             std::string wide = gpgsig;
             for (std::size_t at = 0; (at = wide.find("\n ", at)) != std::string::npos; at += 3)
               wide.insert(at + 1, " ");
             return wide;
           }() +
           kMessage},
      {"a message that was changed", head + gpgsig + kMessage + "More: 1\n"},
      {"trailing garbage", head + gpgsig + kMessage + std::string("\0garbage", 8)},
      {"a NUL in what was signed", signed_over(head, kMessage + std::string("\0x\n", 3))},
      {"no empty line", signed_over(head, "")},
      {"a missing newline", (head + gpgsig).substr(0, (head + gpgsig).size() - 1)},
      {"an author without a date",
       signed_over(std::string(kTree) + "author Alice <alice@example.com>\n" + kCommitter,
                   kMessage)},
      {"a date before 1970",
       signed_over(std::string(kTree) + "author Alice <alice@example.com> -5 +0000\n" + kCommitter,
                   kMessage)},
      {"a zone of its own",
       signed_over(std::string(kTree) + "author Alice <alice@example.com> 5 UTC\n" + kCommitter,
                   kMessage)},
      {"two addresses",
       signed_over(std::string(kTree) +
                       "author Alice <alice@example.com> <bob@example.com> 5 +0000\n" + kCommitter,
                   kMessage)},
      {"a tree in capitals", signed_over("tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\n" +
                                             std::string(kAuthor) + kCommitter,
                                         kMessage)},
      {"another namespace's armour",
       head +
           header("gpgsig", "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----") +
           kMessage},
      {"nothing at all", ""},
  };
}

}  // namespace

TEST_CASE("signing: of whole commits we accept what git, ssh-keygen and libgit2 read alike") {
  Judges judges;
  for (const Sample& sample : corpus(judges)) {
    CAPTURE(sample.what);
    CHECK(judges.agree(sample.object) == sample.is_good);
  }
}

TEST_CASE("signing: a commit that was edited anywhere is refused, or all read the same of it") {
  constexpr unsigned kSeed = 20261122;
  INFO("seed ", kSeed);
  std::mt19937 random(kSeed);
  Judges judges;
  const std::vector<Sample> samples = corpus(judges);
  const std::string good = samples.front().object;
  std::size_t accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string object = good;
    // A line of one sample in the place of, before, or instead of nothing in another: headers come
    // twice, in another order, or from elsewhere.
    const auto line_of = [&](const std::string& text, std::size_t& begin) {
      begin = random() % (text.size() + 1);
      begin = begin == 0 ? 0 : text.rfind('\n', begin - 1) + 1;
      const std::size_t end = text.find('\n', begin);
      return end == std::string::npos ? text.substr(begin) : text.substr(begin, end + 1 - begin);
    };
    std::size_t to = 0, from = 0;
    const std::string& donor = samples[random() % samples.size()].object;
    const std::string replaced = line_of(object, to), line = line_of(donor, from);
    switch (random() % 4) {
      case 0:
        object.replace(to, replaced.size(), line);
        break;
      case 1:
        object.insert(to, line);
        break;
      case 2:
        object.erase(to, replaced.size());
        break;
      default: {
        char& byte = object[random() % object.size()];
        byte = static_cast<char>(byte ^ (1 << random() % 8));
      }
    }
    if (object == good) continue;
    accepted += judges.agree(object);
  }
  CHECK(accepted ==
        0);  // of edits of what is signed none holds, and what is not signed has one form
}
