// The order is the guarantee. Line n of publish() may be the last one that runs; what is left then:
//   1  a pack that no ref names      gc drops it
//   2  git's lock files, none moved  the next writer removes them (recover.cpp)
//   3  the audit ref moved           the event is the journal: recovery redoes 4, readers see it
//   4  some of the other refs moved  as 3; one that git took meanwhile is left and reported
//   5  all moved, `applied` is old   redoing 4 changes nothing
#include "transaction/publish.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "refs/held_refs.hpp"
#include "signing/verify.hpp"
#include "transaction/settle.hpp"
#include "transaction/store_key.hpp"

namespace stravinsky {

Publication::Publication(Store::Parts& parts, ObjectWriter& writer)
    : parts_(parts), writer_(writer), recovered_(parts) {}

std::optional<ObjectId> Publication::find(const RefName& name) const {
  const auto found = refs().find(name.str());
  return found == refs().end() ? std::nullopt : std::optional(found->second);
}

RefMove Publication::move_to(RefName name, std::optional<ObjectId> target) const {
  std::optional<ObjectId> expected = find(name);
  return {std::move(name), expected, target};
}

ChainLink Publication::publish(Event event, std::vector<RefMove> moves, Timestamp started) {
  std::sort(moves.begin(), moves.end(),
            [](const RefMove& a, const RefMove& b) { return a.name < b.name; });
  event.event_id = new_event_id();
  event.time = parts_.now();
  event.duration_seconds = std::chrono::duration<double>(event.time - started).count();
  event.user = parts_.options.user;
  event.host = parts_.options.host;
  event.tool = fmt::format("stravinsky {}", library_version());
  event.moves = moves;

  // The real refs are the replayed ones unless somebody moved refs behind our back.
  const ChainLink head = recovered_.head();
  require_trusted_key(parts_,
                      head);  // another process may have changed it since the store was opened
  RefMap replayed = refs();
  if (!parts_.are_as_chained(replayed, head)) {
    replayed = replay_refs(*parts_.database, head.id);
    event.foreign = find_foreign(covered_by_events(refs()), replayed);
    std::erase_if(event.foreign, [&](const ForeignRef& foreign) {
      return std::any_of(moves.begin(), moves.end(),
                         [&](const RefMove& move) { return move.name.str() == foreign.ref; });
    });
    parts_.remark_foreign(event.foreign);
  }
  apply_moves(replayed, moves);
  const std::string signers =
      signers_.empty() ? read_allowed_signers(*parts_.database, head) : signers_;
  const std::string event_type = event.event_type;
  ChainLink link = write_link(writer_, std::move(event), head, signers, replayed, *parts_.key);
  writer_.publish();  // 1
  parts_.database->refresh();

  std::vector<RefMove> all = {{RefName::parse(kAuditRef), head.id, link.id}};
  all.insert(all.end(), moves.begin(), moves.end());
  HeldRefs held(*parts_.ref_store, parts_.tmp_dir(), std::move(all),
                parts_.options.lock_wait);  // 2
  held.require_expected();
  held.move_first_durably();  // 3
  parts_.published->push_back(event_type);
  try {
    held.move_rest();  // 4
  } catch (const Error& error) {
    // The event stands: the operation is done. Whoever opens the store next sees or redoes its
    // moves.
    parts_.remark(fmt::format("{}; the next writing command finishes it", error.what()));
  }
  recovered_.moved(moves, link);
  try {
    settle(parts_, link, refs());  // 5
  } catch (const Error& error) {
    parts_.remark(fmt::format("{}; the next writing command tries again", error.what()));
  }
  return link;
}

Publishing::Publishing(Store::Parts& parts)
    : objects(parts.own("lock.objects"), fs::Lock::Mode::Shared, parts.options.lock_wait),
      writer(*parts.database, parts.tmp_dir(), Compression::Fast),
      publication(parts, writer) {}

}  // namespace stravinsky
