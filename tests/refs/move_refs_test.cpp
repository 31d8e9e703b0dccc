#include <doctest/doctest.h>

#include "fs/file.hpp"
#include "refs/held_refs.hpp"
#include "refs/pack_refs.hpp"
#include "stravinsky/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

struct Repository {
  Repository() {
    output_of(fmt::format("git init -q --bare '{0}' && mkdir -p '{0}/stravinsky/tmp'", dir.path()));
  }
  std::string git(const std::string& words) const {
    return output_of(fmt::format("git --git-dir='{}' {}", dir.path(), words));
  }
  ObjectId blob(const std::string& content) const {
    return *ObjectId::from_hex(
        output_of(fmt::format("printf %s '{}' | git --git-dir='{}' hash-object -w --stdin", content,
                              dir.path()))
            .substr(0, 40));
  }
  void move(std::vector<RefMove> moves, int wait = 0) const {
    HeldRefs held(refs, tmp(), std::move(moves), std::chrono::milliseconds(wait));
    held.require_expected();
    held.move_first_durably();
    held.move_rest();
  }
  std::string tmp() const { return dir / "stravinsky/tmp"; }

  TempDir dir;
  RefStore refs{dir.path()};
};

const RefName kOne = RefName::parse("refs/stravinsky/one");
const RefName kTwo = RefName::parse("refs/stravinsky/two");

}  // namespace

TEST_CASE("refs: a ref another writer moved stays where that writer put it") {
  Repository r;
  const ObjectId ours = r.blob("ours"), theirs = r.blob("theirs");
  r.git("update-ref " + kOne.str() + " " + theirs.hex());
  CHECK(error_of([&] { r.move({{kOne, std::nullopt, ours}}); }) == Errc::Conflict);
  CHECK(r.git("rev-parse " + kOne.str()) == theirs.hex() + "\n");
  CHECK(!fs::exists(r.dir / (kOne.str() + ".lock")));
}

TEST_CASE("refs: of several refs none moves when one is not where it was seen") {
  Repository r;
  const ObjectId a = r.blob("a"), b = r.blob("b");
  r.git("update-ref " + kTwo.str() + " " + b.hex());
  CHECK(error_of([&] { r.move({{kOne, std::nullopt, a}, {kTwo, a, b}}); }) == Errc::Conflict);
  CHECK(!r.refs.find(kOne));
}

TEST_CASE("refs: a lock that git holds is waited for, then named") {
  Repository r;
  output_of("mkdir -p '" + r.dir.path() + "/refs/stravinsky'");
  write_file(r.dir / (kOne.str() + ".lock"), "");
  CHECK(error_of([&] { r.move({{kOne, std::nullopt, r.blob("a")}}, 20); }) == Errc::Locked);
  CHECK(output_of("ls '" + r.tmp() + "'") == "");
}

TEST_CASE("refs: loose and packed refs read as git reads them") {
  Repository r;
  const ObjectId a = r.blob("a"), b = r.blob("b");
  r.git("update-ref refs/tags/a " + a.hex());
  r.git("update-ref refs/tags/b " + a.hex());
  r.git("pack-refs --all");
  r.git("update-ref refs/tags/b " + b.hex());  // loose over packed
  CHECK(r.refs.find(RefName::parse("refs/tags/a")) == a);
  CHECK(r.refs.find(RefName::parse("refs/tags/b")) == b);
  CHECK(lines_of(r.refs.list()) == r.git("for-each-ref --format='%(objectname) %(refname)'"));
}

TEST_CASE("refs: a deleted ref is gone from packed-refs too") {
  Repository r;
  const ObjectId a = r.blob("a");
  r.git("update-ref refs/tags/a " + a.hex());
  r.git("pack-refs --all");
  r.git("update-ref refs/tags/a " + r.blob("b").hex());
  r.move({{RefName::parse("refs/tags/a"), r.blob("b"), std::nullopt}});
  CHECK(r.git("for-each-ref") == "");
}

TEST_CASE("refs: packing keeps what git had packed, peeled tags included") {
  Repository r;
  output_of(
      fmt::format("cd '{}' && export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a "
                  "GIT_COMMITTER_EMAIL=a; c=$(git commit-tree -m x $(git mktree </dev/null)); "
                  "git tag -a -m t old $c && git pack-refs --all && git tag new $c",
                  r.dir.path()));
  const std::string before = r.git("show-ref -d");
  pack_refs(r.refs, r.tmp(), {"refs/tags/new"}, std::chrono::milliseconds(0));
  CHECK(r.git("show-ref -d") == before);
  CHECK(r.refs.list_loose().empty());
  CHECK(!fs::exists(packing_marker(r.refs)));
}

TEST_CASE("refs: links, broken files and symbolic refs are never followed") {
  Repository r;
  const ObjectId a = r.blob("a");
  write_file(r.dir / "outside", a.hex() + "\n");
  output_of(fmt::format("ln -s '{0}/outside' '{0}/refs/tags/link'", r.dir.path()));
  write_file(r.dir / "refs/tags/symbolic", "ref: refs/tags/other\n");
  output_of(
      fmt::format("mkdir '{0}/away' && echo {1} > '{0}/away/one' && ln -s '{0}/away' "
                  "'{0}/refs/tags/away'",
                  r.dir.path(), a.hex()));
  std::vector<std::string> bad;
  CHECK(r.refs.list(&bad).empty());
  std::sort(bad.begin(), bad.end());
  CHECK(bad == std::vector<std::string>{"refs/tags/away", "refs/tags/link", "refs/tags/symbolic"});
  CHECK(error_of([&] { r.refs.list(); }) == Errc::Corrupt);
  CHECK(!r.refs.find(RefName::parse("refs/tags/link")));
  CHECK(error_of([&] { r.refs.find(RefName::parse("refs/tags/symbolic")); }) == Errc::Corrupt);
  output_of(fmt::format("cd '{}/refs/tags' && rm away link symbolic", r.dir.path()));
  // Those of git's own that nobody else reads stay what they are.
  output_of(fmt::format("mkdir -p '{}/refs/remotes/origin'", r.dir.path()));
  write_file(r.dir / "refs/remotes/origin/HEAD", "ref: refs/remotes/origin/audit\n");
  CHECK(r.refs.list().empty());
  write_file(r.dir / "refs/tags/broken", "not an id\n");
  CHECK(error_of([&] { r.refs.list(); }) == Errc::Corrupt);
  bad.clear();
  r.refs.list(&bad);
  CHECK(bad == std::vector<std::string>{"refs/tags/broken"});
  // Neither the others nor the way to say so depend on what it holds instead.
  write_file(r.dir / "refs/tags/broken", std::string(100'000, 'a'));
  write_file(r.dir / "refs/tags/good", a.hex() + "\n");
  bad.clear();
  CHECK(r.refs.list(&bad).size() == 1);
  CHECK(bad == std::vector<std::string>{"refs/tags/broken"});
  CHECK(r.refs.find(RefName::parse("refs/tags/good")) == a);
}

TEST_CASE("refs: a packed ref that stands twice, or where git does not look for it, is named") {
  Repository r;
  const ObjectId a = r.blob("a"), b = r.blob("b");
  const std::string header = "# pack-refs with: peeled fully-peeled sorted \n";
  const std::string one = a.hex() + " refs/tags/one\n", two = b.hex() + " refs/tags/two\n";
  const auto bad_of = [&](const std::string& content) {
    write_file(r.dir / "packed-refs", content);
    std::vector<std::string> bad;
    RefStore(r.dir.path()).list(&bad);
    return bad;
  };
  const std::vector<std::string> file = {"packed-refs"};
  CHECK(bad_of(header + one + two).empty());
  CHECK(bad_of(header + one + one + two) == file);
  CHECK(bad_of(header + one + b.hex() + " refs/tags/one\n" + two) == file);
  CHECK(bad_of(header + two + one) == file);
  CHECK(bad_of(two + one).empty());  // git sorts what no header calls sorted
}

TEST_CASE("refs: packed refs that git replaces are seen, those that are damaged never believed") {
  Repository r;
  const ObjectId a = r.blob("a"), b = r.blob("b");
  const std::string packed = r.dir / "packed-refs";
  for (const ObjectId& id : {a, b, a}) {
    r.git("update-ref " + kOne.str() + " " + id.hex());
    r.git("pack-refs --all");
    CHECK(r.refs.find(kOne) == id);
    CHECK(r.refs.list().find(kOne.str())->second == id);
  }
  const std::string good = fs::read_file(packed);
  write_file(packed, "no refs at all\n" + good);
  CHECK(r.refs.find(kOne) == a);  // what is intact is read
  CHECK(error_of([&] { r.refs.list(); }) == Errc::Corrupt);
  std::vector<std::string> bad;
  CHECK(r.refs.list(&bad).size() == 1);
  CHECK(bad == std::vector<std::string>{"packed-refs"});
  write_file(packed, good);
  CHECK(r.refs.find(kOne) == a);
  fs::remove_file(packed);
  CHECK(!r.refs.find(kOne));

  // git follows a link here, and so do we.
  write_file(r.dir / "elsewhere", good);
  output_of(fmt::format("ln -s elsewhere '{}'", packed));
  CHECK(r.refs.find(kOne) == a);
  output_of(fmt::format("sed -i s/{}/{}/ '{}'", a.hex(), b.hex(), r.dir / "elsewhere"));
  CHECK(r.refs.find(kOne) == b);
}
