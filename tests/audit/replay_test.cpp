#include "audit/replay.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "packs/object_writer.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"
#include "transaction/store_parts.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

namespace files = std::filesystem;

/// A chain that is written event by event, each with one tag of its own.
struct LongChain {
  explicit LongChain(TempStore& store) : t(store), parts(t.store().parts()), head(parts.head()) {
    signers = read_allowed_signers(*parts.database, head);
  }

  void add_up_to(std::uint64_t sequence) {
    ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
    while (head.event.sequence < sequence) {
      const std::uint64_t next = head.event.sequence + 1;
      std::vector<RefMove> moves = {{tag(next), std::nullopt, head.id}};
      // The event before made it: a list that were not exact would bring it back.
      if (next % 2 == 1 && refs.contains(tag(next - 1).str())) {
        moves.push_back({tag(next - 1), refs.find(tag(next - 1).str())->second, std::nullopt});
      }
      Event event;
      event.event_type = "SNAPSHOT";
      event.event_id = new_event_id();
      event.time = t.clock->now();
      event.user = "tester";
      event.host = "testhost";
      event.tool = "test";
      event.moves = moves;
      apply_moves(refs, moves);
      head = write_link(writer, std::move(event), head, signers, refs, *parts.key);
    }
    writer.publish();
    parts.database->refresh();
  }

  static RefName tag(std::uint64_t number) {
    return RefName::parse(fmt::format("refs/tags/live/n{:05}", number));
  }
  std::set<std::string> packs() const {
    std::set<std::string> names;
    for (const auto& entry : files::directory_iterator(parts.pack_dir())) {
      names.insert(entry.path().string());
    }
    return names;
  }

  TempStore& t;
  Store::Parts& parts;
  ChainLink head;
  std::string signers;
  RefMap refs;
};

}  // namespace

TEST_CASE("audit: the refs at an event are those of the newest refs.txt and the moves since") {
  TempStore t;
  LongChain chain(t);
  chain.add_up_to(998);
  const std::set<std::string> older = chain.packs();
  chain.add_up_to(999);  // whose number alone is looked at
  chain.add_up_to(1010);
  REQUIRE(chain.refs.size() > 500);
  CHECK(replay_refs(*chain.parts.database, chain.head.id) == chain.refs);
  // Plain git reads the same list, and of no other event any.
  const std::string listed = t.git("cat-file blob " + chain.head.id.hex() + "~10:refs.txt");
  CHECK(listed.find("refs/tags/live/n01000\n") != std::string::npos);
  CHECK(listed.find("refs/tags/live/n00998\n") == std::string::npos);
  CHECK(t.git("ls-tree --name-only " + chain.head.id.hex()).find("refs.txt") == std::string::npos);

  // Nothing before the list is needed: without those events the answer is the same.
  for (const std::string& name : older) files::rename(name, name + ".away");
  const ObjectDatabase database(chain.parts.git_dir + "/objects");
  const ChainLink listing = read_link(database, *find_sequence(database, chain.head.id, 1000));
  CHECK(error_of([&] { find_first_event(database, listing.id); }) == Errc::NotFound);
  CHECK(replay_refs(database, chain.head.id) == chain.refs);
  CHECK(replay_refs(database, listing.id).contains("refs/tags/live/n01000"));
  for (const std::string& name : older) files::rename(name + ".away", name);
}

TEST_CASE("audit: a thousandth event without its refs.txt is damage, and no empty store") {
  TempStore t;
  LongChain chain(t);
  chain.add_up_to(1000);
  output_of(
      fmt::format("export GIT_DIR='{0}'; git ls-tree {1} | grep -v refs.txt | git mktree > "
                  "'{2}/new'; git cat-file commit {1} | sed \"s/^tree .*/tree $(cat "
                  "'{2}/new')/\" | git hash-object -t commit -w --stdin > '{2}/id'",
                  t.git_dir(), chain.head.id.hex(), t.dir.path()));
  const ObjectDatabase database(chain.parts.git_dir + "/objects");
  const auto id = ObjectId::from_hex(output_of("cat " + (t.dir / "id")).substr(0, 40));
  REQUIRE(id);
  CHECK(error_of([&] { replay_refs(database, *id); }) == Errc::Corrupt);
}
