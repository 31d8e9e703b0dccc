#include "audit/check_chain.hpp"

#include <doctest/doctest.h>

#include "support/temp_store.hpp"
#include "transaction/store_parts.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

/// INIT and four snapshots.
struct Chain {
  Chain() {
    for (const char* name : {"one", "two", "three", "four"}) {
      write_file(t.live() + "/f", name);
      t.snapshot(name);
      t.clock->advance(std::chrono::seconds(1));
    }
  }
  std::vector<ChainProblem> problems() {
    // For reading: a writer would first redo what looks like a crash.
    const Store store = Store::open(t.options, Access::Read);
    Store::Parts& parts = store.parts();
    return check_chain(*parts.database, *parts.ref_store->find(RefName::parse(kAuditRef)),
                       covered_by_events(parts.ref_store->list()))
        .problems;
  }
  /// Rebuilds the audit branch with git alone: each event's commit object passed through a filter.
  void rewrite(const std::string& filter) {
    output_of(
        fmt::format("export GIT_DIR='{}'; parent=; for c in $(git rev-list --reverse audit); do "
                    "s=$(git log -1 --format='%(trailers:key=Sequence,valueonly,separator=)' $c); "
                    "{} "
                    "if [ -n \"$parent\" ]; then new=$(git cat-file commit $c | sed \"s/^parent "
                    ".*/parent $parent/\" | git hash-object "
                    "-t commit -w --stdin); else new=$(git cat-file commit $c | git hash-object -t "
                    "commit -w --stdin); fi; "
                    "parent=$new; done; git update-ref refs/heads/audit $parent",
                    t.git_dir(), filter));
  }
  bool finds(const std::string& kind, std::uint64_t sequence) {
    for (const ChainProblem& problem : problems()) {
      if (problem.kind == kind && problem.sequence == sequence) return true;
    }
    return false;
  }
  TempStore t;
};

}  // namespace

TEST_CASE("audit: a chain as we write it has no problem") {
  Chain chain;
  CHECK(chain.problems().empty());
}

TEST_CASE("audit: an event dropped from the middle is named by number [S05]") {
  Chain chain;
  chain.rewrite("if [ $s = 3 ]; then continue; fi;");
  CHECK(chain.finds("link", 4));
  CHECK(chain.finds("sequence", 4));
  CHECK(chain.finds("signature", 4));
}

TEST_CASE("audit: a ref moved, made or deleted behind our back is named") {
  Chain chain;
  SUBCASE("moved") { chain.t.git("update-ref refs/tags/live/one refs/tags/live/two"); }
  SUBCASE("made") { chain.t.git("update-ref refs/tags/live/evil refs/tags/live/two"); }
  SUBCASE("deleted") { chain.t.git("update-ref -d refs/tags/live/one"); }
  const auto problems = chain.problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().kind == "ref");
  CHECK(problems.front().detail.find("refs/tags/live/") != std::string::npos);
}

TEST_CASE("audit: a tail that was cut off shows by the refs it moved") {
  Chain chain;
  chain.t.close();
  write_file(chain.t.git_dir() + "/stravinsky/applied", "4\n");
  chain.t.git("update-ref refs/heads/audit audit~1");
  bool tag = false;
  for (const ChainProblem& problem : chain.problems()) {
    tag = tag || problem.detail.find("refs/tags/live/four") != std::string::npos;
  }
  CHECK(tag);
}

TEST_CASE("audit: an event signed by a key that nobody trusted is named") {
  Chain chain;
  output_of(fmt::format(
      "export GIT_DIR='{0}' GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=x "
      "GIT_AUTHOR_EMAIL=tester@testhost "
      "GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=tester@testhost; ssh-keygen -q -t ed25519 -N '' -f "
      "'{1}'; "
      "new=$(git log -1 --format=%B audit | sed 's/^Sequence: 5/Sequence: 5/' | git -c "
      "gpg.format=ssh -c user.signingkey='{1}' "
      "commit-tree -S 'audit^{{tree}}' -p audit~1); git update-ref refs/heads/audit $new",
      chain.t.git_dir(), chain.t.dir / "evil"));
  CHECK(chain.finds("untrusted", 5));
}
