#include "objects/commit_object.hpp"

#include <doctest/doctest.h>

#include "objects/object.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::error_of;

namespace {

Commit sample() {
  Commit commit;
  commit.tree = kEmptyTree;
  commit.parents = {id_of(ObjectType::Blob, as_bytes("p")), id_of(ObjectType::Blob, {})};
  commit.author = {"A U Thor", "a@example.org", 1763631000, "+0130"};
  commit.committer = {"C", "", 0, "-0800"};
  commit.message = "subject\n\nbody\n";
  return commit;
}

std::optional<Errc> parsing(const std::string& bytes) {
  return error_of([&] { parse_commit(bytes, kEmptyTree); });
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  return text.replace(text.find(what), what.size(), with);
}

}  // namespace

TEST_CASE("objects: a commit survives being written and read") {
  Commit commit = sample();
  commit.signature = "-----BEGIN SSH SIGNATURE-----\nAAAA\n\nBBBB\n-----END SSH SIGNATURE-----";
  const std::string bytes = encode_commit(commit);
  const Commit back = parse_commit(bytes, kEmptyTree);
  CHECK(back.tree == commit.tree);
  CHECK(back.parents == commit.parents);
  CHECK(back.author.name == "A U Thor");
  CHECK(back.author.email == "a@example.org");
  CHECK(back.author.seconds == 1763631000);
  CHECK(back.author.zone == "+0130");
  CHECK(back.committer.email == "");
  CHECK(back.message == commit.message);
  CHECK(back.signature == commit.signature);
  CHECK(encode_commit(back) == bytes);
  CHECK(commit_payload(back) == encode_commit(sample()));
}

TEST_CASE("objects: git accepts our commits and sees the same fields") {
  const test::TempDir dir;
  test::output_of("git init -q --bare " + dir.path());
  const std::string git = "git -C " + dir.path() + " ";
  test::output_of("printf '' | " + git + "mktree");
  Commit commit = sample();
  commit.parents.clear();
  commit.committer.email = "c@example.org";
  test::write_file(dir / "commit", encode_commit(commit));
  const std::string id =
      test::output_of(git + "hash-object -t commit -w " + (dir / "commit")).substr(0, 40);
  CHECK(id_of(ObjectType::Commit, as_bytes(encode_commit(commit))).hex() == id);
  CHECK(test::output_of(git + "log -1 --format='%an|%ae|%at|%ad|%cn|%s|%b' --date=raw " + id) ==
        "A U Thor|a@example.org|1763631000|1763631000 +0130|C|subject|body\n\n");
}

TEST_CASE("objects: a commit in any other spelling is damaged") {
  const std::string good = encode_commit(sample());
  CHECK(!parsing(good));
  CHECK(parsing("") == Errc::Corrupt);
  for (std::size_t size = 0; size <= good.find("\n\nsubject"); ++size) {
    CHECK(parsing(good.substr(0, size)) == Errc::Corrupt);
  }
  CHECK(parsing(replaced(good, "\n\n", "\nencoding latin-1\n\n")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "1763631000", "01763631000")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "1763631000", "-1")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "1763631000", "9223372036854775808")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "+0130", "UTC")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "A U Thor", "A < Thor")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "tree 4b", "tree 4B")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "author", "Author")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "body", std::string_view("\0", 1))) == Errc::Corrupt);
  const std::string line = "gpgsig x\n";
  CHECK(!parsing(replaced(good, "\n\n", "\n" + line + "\n")));
  CHECK(parsing(replaced(good, "\n\n", "\n" + line + line + "\n")) == Errc::Corrupt);
  CHECK(parsing(replaced(good, "committer", line + "committer")) == Errc::Corrupt);
}

TEST_CASE("objects: trailers are the last paragraph and nothing else") {
  const std::string message =
      message_with_trailers("subject\n\nA: not one\n", {{"A", "1"}, {"B-b", "x: y"}});
  CHECK(message == "subject\n\nA: not one\n\nA: 1\nB-b: x: y\n");
  const Trailers trailers = parse_trailers(message);
  CHECK(trailers == Trailers{{"A", "1"}, {"B-b", "x: y"}});
  CHECK(find_trailer(trailers, "B-b") == "x: y");
  CHECK(!find_trailer(trailers, "b-b"));
  CHECK(parse_trailers("A: the subject\n").empty());
  CHECK(parse_trailers("s\n\nA: 1\nno trailer\n").empty());
  CHECK(parse_trailers("").empty());
  CHECK(parse_trailers("\n\n\n").empty());
  CHECK(message_with_trailers("s", {}) == "s\n");
}

TEST_CASE("objects: a trailer's value cannot bring further trailers") {
  CHECK(error_of([] { message_with_trailers("s", {{"A", "1\nClass: named"}}); }) == Errc::Invalid);
  CHECK(error_of([] { message_with_trailers("s", {{"A:", "1"}}); }) == Errc::Invalid);
  CHECK(error_of([] { message_with_trailers("s", {{"", "1"}}); }) == Errc::Invalid);
}

TEST_CASE("objects: git's own trailer parser agrees with ours") {
  const test::TempDir dir;
  test::write_file(dir / "m",
                   message_with_trailers("subject", {{"Profile", "claude"}, {"Tag", "a b"}}));
  CHECK(test::output_of("git interpret-trailers --parse " + (dir / "m")) ==
        "Profile: claude\nTag: a b\n");
}

TEST_CASE("objects: a cleaned name is one that a commit can hold") {
  CHECK(clean_ident("  A. <U>\nThor. ", "x") == "A. UThor");
  CHECK(clean_ident("<.\n >", "fallback") == "fallback");
  CHECK(clean_ident("grün", "x") == "grün");
  Commit commit = sample();
  commit.author.name = clean_ident("x> 1 +0000\nparent ", "x");
  CHECK(parse_commit(encode_commit(commit), kEmptyTree).author.name == "x 1 +0000parent");
}
