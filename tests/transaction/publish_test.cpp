#include "transaction/publish.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "refs/held_refs.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/time.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

const RefName kRef = RefName::parse("refs/stravinsky/good/live");

/// Publishes an event that moves `ref` to a new commit with the message.
ObjectId move_by_event(TempStore& t, const std::string& message, const RefName& ref = kRef) {
  Store::Parts& parts = t.store().parts();
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  Publication publication(parts, writer);
  Commit commit;
  commit.tree = writer.put(ObjectType::Tree, "");
  commit.author = commit.committer = {"t", "t@t", 1'763'631'000, "+0000"};
  commit.message = message + "\n";
  const ObjectId id = writer.put(ObjectType::Commit, encode_commit(commit));
  Event event;
  event.event_type = "SNAPSHOT";
  publication.publish(std::move(event), {publication.move_to(ref, id)}, parts.now());
  return id;
}

/// git's own answer to what Refs-SHA256 should be.
std::string refs_digest_by_git(const TempStore& t) {
  return t
      .git(
          "for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags refs/stravinsky | "
          "grep -v ' refs/heads/audit$' | sha256sum")
      .substr(0, 64);
}

std::string refs_digest_of_head(const TempStore& t) {
  return t.git("log -1 --format='%(trailers:key=Refs-SHA256,valueonly)' audit").substr(0, 64);
}

}  // namespace

TEST_CASE("transaction: an event names the refs it moved and digests them as git does [S05]") {
  TempStore t;
  const ObjectId id = move_by_event(t, "one");
  CHECK(t.git("rev-parse " + kRef.str()) == id.hex() + "\n");
  CHECK(refs_digest_of_head(t) == refs_digest_by_git(t));
  CHECK(t.git("show audit:event.json").find("\"new\":\"" + id.hex()) != std::string::npos);
  CHECK(t.faults() == "");
}

TEST_CASE("transaction: an event says what was done, when, by whom, where and with what [S27]") {
  TempStore t;
  Store::Parts& parts = t.store().parts();
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  Publication publication(parts, writer);
  Event event;
  event.event_type = "UPDATE_FAILED";
  event.status = "failure";
  event.extra["error"] = "verification failed";
  event.profiles.push_back({"live", "v1", "v2", std::nullopt, std::nullopt});
  event.extra["action"] = "INITIATING_AUTO_ROLLBACK";
  const Timestamp started = parts.now();
  t.clock->advance(std::chrono::milliseconds(1500));
  publication.publish(std::move(event), {}, started);

  const auto json = nlohmann::json::parse(t.git("show audit:event.json"));
  const std::string id = json.at("event_id");
  CHECK(id.starts_with("evt_"));
  CHECK(id.size() == 20);
  CHECK(id.find_first_not_of("0123456789abcdef", 4) == std::string::npos);
  CHECK(json.at("timestamp") == rfc3339(started + std::chrono::milliseconds(1500)));
  CHECK(json.at("event_type") == "UPDATE_FAILED");
  CHECK(json.at("status") == "failure");
  CHECK(json.at("error") == "verification failed");
  CHECK(json.at("operation_duration_seconds") == 1.5);
  CHECK(json.at("user") == parts.options.user);
  CHECK(json.at("hostname") == parts.options.host);
  CHECK(std::string(json.at("tool_version")).starts_with("stravinsky "));
  CHECK(json.at("profiles").at(0).at("version_before") == "v1");
  CHECK(json.at("profiles").at(0).at("version_after") == "v2");
  CHECK(json.at("action") == "INITIATING_AUTO_ROLLBACK");
}

TEST_CASE("transaction: each event holds the SHA-256 of the one before [S05]") {
  TempStore t;
  move_by_event(t, "one");
  const std::string before = t.git("cat-file commit audit | sha256sum").substr(0, 64);
  move_by_event(t, "two");
  CHECK(t.git("log -1 --format='%(trailers:key=Previous-SHA256,valueonly)' audit").substr(0, 64) ==
        before);
  CHECK(t.git("log --format='%(trailers:key=Sequence,valueonly,separator=)' audit") == "3\n2\n1\n");
}

TEST_CASE("transaction: a ref moved behind our back is reported, kept, and not believed") {
  TempStore t;
  const ObjectId id = move_by_event(t, "one");
  t.git("update-ref refs/heads/stranger " + id.hex());
  move_by_event(t, "two");
  CHECK(t.git("show audit:event.json")
            .find("\"foreign\":[{\"found\":\"" + id.hex() +
                  "\",\"ref\":\"refs/heads/stranger\"}]") != std::string::npos);
  CHECK(refs_digest_of_head(t) != refs_digest_by_git(t));
  CHECK(t.git("rev-parse refs/heads/stranger") == id.hex() + "\n");
}

TEST_CASE(
    "transaction: what a crash left after the event is read at once and finished by the next "
    "writer") {
  TempStore t;
  const ObjectId one = move_by_event(t, "one");
  const ObjectId two = move_by_event(t, "two");
  t.close();
  const std::string loose = t.git_dir() + "/" + kRef.str();
  SUBCASE("the ref did not move") { write_file(loose, one.hex() + "\n"); }
  SUBCASE("the ref is missing") { fs::remove_file(loose); }
  SUBCASE("a power cut emptied its file") { write_file(loose, ""); }
  SUBCASE("its lock file is left") {
    write_file(loose, one.hex() + "\n");
    write_file(loose + ".lock", two.hex() + "\n");
  }
  SUBCASE("whoever finished it, with an event after it, died as well") {
    t.reopen();
    move_by_event(t, "three", RefName::parse("refs/stravinsky/good/other"));
    t.close();
    write_file(loose, "");
    write_file(loose + ".lock", two.hex() + "\n");
  }
  Store reader = Store::open(t.options, Access::Read);
  CHECK(reader.parts().find_ref(kRef) == two);
  CHECK(!reader.remarks().empty());
  t.reopen();
  CHECK(t.git("rev-parse " + kRef.str()) == two.hex() + "\n");
  CHECK(!fs::exists(loose + ".lock"));
  CHECK(t.faults() == "");
}

TEST_CASE("transaction: lock files of a dead writer go, those of others stay and are named") {
  TempStore t;
  const ObjectId one = move_by_event(t, "one");
  const ObjectId two = move_by_event(t, "two");
  // As if the writer of `two` had died before its event moved.
  t.git("update-ref refs/heads/audit audit^");
  write_file(t.git_dir() + "/" + kRef.str(), one.hex() + "\n");
  const std::string event = t.git("log --format=%H -1 --all --grep='Sequence: 3'");
  t.close();
  const std::string audit_lock = t.git_dir() + "/refs/heads/audit.lock";
  const std::string ref_lock = t.git_dir() + "/" + kRef.str() + ".lock";
  const std::string stranger = t.git_dir() + "/refs/heads/stranger.lock";
  const std::string tip =
      output_of(fmt::format("git --git-dir='{}' cat-file --batch-all-objects --batch-check | awk "
                            "'$2==\"commit\"{{print $1}}' | "
                            "while read c; do git --git-dir='{}' log -1 --format='%H "
                            "%(trailers:key=Sequence,valueonly,separator=)' $c; done | "
                            "awk '$2==3{{print $1}}'",
                            t.git_dir(), t.git_dir()));
  write_file(audit_lock, tip);
  write_file(ref_lock, two.hex() + "\n");
  write_file(stranger, "");
  t.reopen();
  CHECK(!fs::exists(audit_lock));
  CHECK(!fs::exists(ref_lock));
  CHECK(fs::exists(stranger));
  CHECK(t.git("rev-parse " + kRef.str()) == one.hex() + "\n");
  fs::remove_file(stranger);

  write_file(ref_lock, "");  // git's own, as it looks while git writes it
  t.options.lock_wait = std::chrono::milliseconds(0);
  t.reopen();
  CHECK(error_of([&] { move_by_event(t, "three"); }) == Errc::Locked);
  CHECK(t.git("rev-parse " + kRef.str()) == one.hex() + "\n");
  CHECK(!fs::exists(audit_lock));
}

TEST_CASE("transaction: after 64 events their refs are durable and `applied` says so") {
  TempStore t;
  for (int i = 0; i < 64; ++i) move_by_event(t, std::to_string(i));
  CHECK(fs::read_file(t.git_dir() + "/stravinsky/applied") == "65\n");
  // Damaged, whatever with, it costs looking at more events.
  for (const std::string& other : {std::string(), std::string("x\n"), std::string(100'000, '1')}) {
    write_file(t.git_dir() + "/stravinsky/applied", other);
    CHECK(Store::open(t.options, Access::Read).parts().applied() == 0);
  }
}

TEST_CASE("transaction: every thousandth event lists all refs, as git does [S05]") {
  TempStore t;
  for (int sequence = 2; sequence <= 1000; ++sequence) move_by_event(t, std::to_string(sequence));
  CHECK(t.git("show audit:event.json").find("\"sequence\":1000") != std::string::npos);
  CHECK(t.git("show audit:refs.txt") ==
        t.git("for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags "
              "refs/stravinsky | grep -v ' refs/heads/audit$'"));
  CHECK(sha256(t.git("show audit:refs.txt")).hex() == refs_digest_of_head(t));
  CHECK(t.try_git("cat-file -e audit~1:refs.txt").status != 0);
  move_by_event(t, "1001");
  CHECK(t.try_git("cat-file -e audit:refs.txt").status != 0);
}

TEST_CASE("transaction: many tags are packed, and found, moved and deleted packed") {
  TempStore t;
  const ObjectId id = move_by_event(t, "one");
  for (int i = 0; i < 70; ++i) {
    write_file(t.git_dir() + "/refs/tags/x" + std::to_string(i), id.hex() + "\n");
  }
  move_by_event(t, "two");
  CHECK(t.git("for-each-ref refs/tags | wc -l") == "70\n");
  CHECK(t.store().parts().ref_store->list_loose().size() > 70);
  maintain(t.store(), 0);
  CHECK(t.store().parts().ref_store->list_loose().size() < 10);
  CHECK(!fs::exists(t.git_dir() + "/stravinsky/packing"));
  CHECK(t.faults().find("error") == std::string::npos);

  Store::Parts& parts = t.store().parts();
  const RefName tag = RefName::parse("refs/tags/x7");
  {
    HeldRefs held(*parts.ref_store, parts.tmp_dir(), {{tag, id, std::nullopt}},
                  parts.options.lock_wait);
    held.require_expected();
    held.move_rest();
  }
  CHECK(t.try_git("rev-parse --verify -q refs/tags/x7").status != 0);
  CHECK(t.git("for-each-ref refs/tags | wc -l") == "69\n");
}
