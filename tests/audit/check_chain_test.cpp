#include "audit/check_chain.hpp"

#include <doctest/doctest.h>

#include "packs/object_writer.hpp"
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

TEST_CASE("audit: with many refs each digest is that of the event before, or counted as unproved") {
  TempStore t;
  Store::Parts& parts = t.store().parts();
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  std::optional<ChainLink> head = parts.head();
  const std::string signers = read_allowed_signers(*parts.database, *head);
  RefMap refs;
  const auto add = [&](std::size_t tags, const RefMap* claimed = nullptr) {
    Event event;
    event.event_type = "SNAPSHOT";
    event.event_id = new_event_id();
    event.time = t.clock->now();
    event.user = "tester";
    event.host = "testhost";
    event.tool = "test";
    for (std::size_t i = 0; i < tags; ++i) {
      event.moves.push_back({RefName::parse(fmt::format("refs/tags/live/n{:05}", refs.size() + i)),
                             std::nullopt, head->id});
    }
    apply_moves(refs, event.moves);
    head =
        write_link(writer, std::move(event), head, signers, claimed ? *claimed : refs, *parts.key);
  };
  add(1100);  // 2
  add(1);     // 3: not computed anew
  add(0);     // 4
  const RefMap other;
  add(0, &other);                         // 5: claims what it has not
  add(0);                                 // 6: and so it is not as the one before
  add(2, &other);                         // 7: nobody computes it
  for (int i = 0; i < 1000; ++i) add(0);  // the newest thousand
  writer.publish();
  parts.database->refresh();
  const ChainCheck check = check_chain(*parts.database, head->id, refs);
  std::vector<std::uint64_t> wrong;
  for (const ChainProblem& problem : check.problems) {
    CHECK(problem.kind == "refs");
    wrong.push_back(problem.sequence);
  }
  CHECK(wrong == std::vector<std::uint64_t>{5, 6});
  CHECK(check.unhashed == 3);
  CHECK(check.moved_by.at("refs/tags/live/n01100") == 3);
}
