// Fills a store's chain with events for the measurements of tests/bench/audit.py: signed and linked
// as every event is, but in one pack and one publication, so that 100,000 of them take seconds.
#include <fmt/format.h>

#include <cstdlib>

#include "audit/chain.hpp"
#include "fs/durable.hpp"
#include "packs/object_writer.hpp"
#include "refs/ref_store.hpp"
#include "signing/key.hpp"

using namespace stravinsky;

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: make_events GIT_DIR KEY COUNT\n");
    return 2;
  }
  const std::string git_dir = argv[1];
  ObjectDatabase database(git_dir + "/objects");
  const RefStore refs(git_dir);
  const RefMap covered = covered_by_events(refs.list());
  const signing::SigningKey key = signing::read_key(argv[2]);
  ChainLink head = read_link(database, *refs.find(RefName::parse(kAuditRef)));
  const std::string signers = read_allowed_signers(database, head);
  const Event model = head.event;
  ObjectWriter writer(database, git_dir + "/stravinsky/tmp", Compression::Fast);
  for (long left = std::atol(argv[3]); left > 0; --left) {
    Event event = model;
    event.moves.clear();
    event.event_id = new_event_id();
    event.event_type = left % 3 == 0 ? "PIN" : left % 3 == 1 ? "UNPIN" : "DESCRIBE";
    event.time = head.event.time + std::chrono::milliseconds(1);
    head = write_link(writer, std::move(event), head, signers, covered, key);
  }
  writer.publish();
  fs::write_durably(git_dir + "/" + std::string(kAuditRef), git_dir + "/stravinsky/tmp/ref-bench",
                    as_bytes(head.id.hex() + "\n"));
  fs::write_durably(git_dir + "/stravinsky/applied", git_dir + "/stravinsky/tmp/applied-bench",
                    as_bytes(fmt::format("{}\n", head.event.sequence)));
  return 0;
}
